"""Connections held open while something happens to the server: readers that wait by IDLE, letters half sent."""

import contextlib
import imaplib
import smtplib
from collections.abc import Callable, Sequence

from . import clients
from .letters import addresses, write
from .people import Person

BROKEN = (OSError, imaplib.IMAP4.error, smtplib.SMTPException, EOFError)


class Held:
    """Open connections of `people` to their stack: so many that IDLE and so many in mid-DATA, in turns for each of them.

    Dovecot lets one person have ten from one address; Postfix takes 50 per port from one address.
    """

    def __init__(self, people: Sequence[Person], idle: int, sending: int) -> None:
        self.idle = [idling(people[number % len(people)]) for number in range(idle)]
        self.sending = [_half_sent(people[number % len(people)], number) for number in range(sending)]

    def finish(self) -> list[str]:
        """Send the second halves and let the readers hear of them; return a sentence for each connection that was dropped."""
        return [said for act, held in [(_end, self.sending), (_hear, self.idle)] for one in held for said in _tried(act, one)]


def idling(person: Person) -> imaplib.IMAP4:
    """Return a connection of somebody who waits by IDLE (RFC 2177), as I1, in the inbox."""
    server = clients.imaps(person.stack)
    clients.imap_plain(server, person.address, person.password)
    server.select()
    server.send(b"I1 IDLE\r\n")
    assert server.readline().startswith(b"+"), "the server does not IDLE"
    return server


def _half_sent(person: Person, number: int) -> smtplib.SMTP:
    """Begin a letter to oneself: as a stranger by 25, signed in by 465 or 587, in turns; in TLS everywhere."""
    connect = (clients.smtp, clients.submissions, clients.submission)[number % 3]
    server = connect(person.stack)
    if connect is clients.smtp:
        server.starttls(context=person.stack.trust)
        server.ehlo()
    else:
        clients.smtp_plain(server, person.address, person.password)
    server.mail(person.address if number % 3 else "")
    server.rcpt(person.address)
    assert server.docmd("DATA")[0] == 354
    server.send(write(person.mailbox, addresses(person), f"Held {number}", "The first half.\r\n"))
    return server


def _tried(act: Callable[..., None], one: object) -> list[str]:
    try:
        act(one)
    except (*BROKEN, AssertionError) as error:
        return [f"{act.__name__}: {error!r}"]
    return []


def _end(server: smtplib.SMTP) -> None:
    server.send(b"The second half.\r\n.\r\n")
    code, text = server.getreply()
    assert code == 250, text
    server.quit()


def _hear(server: imaplib.IMAP4) -> None:
    line = server.readline()
    while line and b"EXISTS" not in line:
        line = server.readline()
    assert line, "hung up"
    server.send(b"DONE\r\n")
    while line and not line.startswith(b"I1 OK"):
        line = server.readline()
    assert line, "hung up"
    with contextlib.suppress(*BROKEN):
        server.logout()
