"""People come, go and change while mail flows: nobody's mail is refused, put off or lost by it."""

import itertools
import smtplib
import threading
from collections.abc import Iterator

import pytest

from support import clients, letters
from support.people import Person
from support.wait import wait_until

WRITERS, IN_A_ROW = 4, 5


@pytest.fixture
def readers(stack, make_domain, make_person):
    """Four people whose accounts nobody changes; an alias leads to the first, and a group to the second."""
    domain = make_domain()
    people = [make_person(f"Reader {number}", domain=domain, local_part=f"reader{number}") for number in range(4)]
    stack.mailstead("alias", "add", f"sales@{domain}", people[0].address)
    stack.mailstead("group", "add", f"team@{domain}", "--member", people[1].address)
    return people


def test_no_letter_is_refused_put_off_or_lost_while_the_directory_changes(stack, readers, bob, carol, long: bool):
    """Letters from the world and from our people, and changes that each hold for the next connection; `--long`: 1000 and 100."""
    share, changes = (250, 100) if long else (40, 15)
    domain = readers[0].mailbox.domain
    recipients = [*(one.address for one in readers), f"sales@{domain}", f"team@{domain}"]
    pace, replies = Pace(changes / share), []
    people = [bob if number % 2 else carol for number in range(WRITERS)]
    writers = [
        threading.Thread(target=_write, args=(stack, person, recipients, range(share), number, pace, replies))
        for number, person in enumerate(people)
    ]
    for writer in writers:
        writer.start()

    wrong = [why for number in range(changes) for why in _change(stack, domain, number, pace)]
    for writer in writers:
        writer.join(120)

    assert wrong == []
    assert len(replies) == 3 * WRITERS * share
    assert {code for code, _ in replies} == {250}, [reply for reply in replies if reply[0] != 250][:5]
    wait_until(lambda: not stack.queue(), within=120, what="the queue to be empty")
    came = [subject for reader in readers for subject in reader.inbox.subjects()]
    assert sorted(came) == sorted(f"Letter {number}.{count}" for number in range(WRITERS) for count in range(share))


class Pace:
    """Keeps the letters in step with the changes, so many of these for each letter of a writer: both end together."""

    def __init__(self, changes: float) -> None:
        self._changes = changes
        self._begun = 0
        self._news = threading.Condition()

    def step(self) -> None:
        """A change begins."""
        with self._news:
            self._begun += 1
            self._news.notify_all()

    def wait_for(self, letter: int) -> None:
        """Wait until it is a letter's turn."""
        with self._news:
            assert self._news.wait_for(lambda: self._begun >= int(letter * self._changes), timeout=60)


def _write(stack, person, recipients, share, number, pace, replies):
    """Send this writer's share, with a new connection for every fifth letter; note each reply to MAIL, RCPT and DATA."""
    for begin in share[::IN_A_ROW]:
        pace.wait_for(begin)
        with _door(stack, person) as server:
            for count in share[begin : begin + IN_A_ROW]:
                letter = letters.write(person.mailbox, [], f"Letter {number}.{count}", "x" * 2000)
                replies.append(server.mail(person.address))
                replies.append(server.rcpt(recipients[(number + count) % len(recipients)]))
                replies.append(_data(server, letter))


def _data(server: smtplib.SMTP, letter: bytes) -> tuple[int, bytes]:
    try:
        return server.data(letter)
    except smtplib.SMTPDataError as refusal:
        return refusal.smtp_code, refusal.smtp_error


def _door(stack, person) -> smtplib.SMTP:
    ours = isinstance(person, Person)
    server = clients.submissions(stack) if ours else clients.smtp(stack)
    server.ehlo()
    if ours:
        clients.smtp_plain(server, person.address, person.password)
    return server


def _change(stack, domain, number, pace) -> Iterator[str]:
    """Make one change of the kind whose turn it is, and yield what the next connection does not see of it."""
    pace.step()
    person, alias = f"person{number // 5}@{domain}", f"alias{number // 5}@{domain}"
    kind = number % 5
    if kind == 0:
        stack.mailstead("account", "add", person, "--password-stdin", text="one\n")
        yield from _expect("a new account", clients.signs_in(stack, person, "one") and _taken(stack, person))
    elif kind == 1:
        stack.mailstead("account", "passwd", person, "--password-stdin", text="two\n")
        opening = {password: clients.signs_in(stack, person, password) for password in ("one", "two")}
        yield from _expect("a new password", opening == {"one": False, "two": True})
    elif kind == 2:
        stack.mailstead("alias", "add", alias, person)
        yield from _expect("a new alias", _taken(stack, alias))
    elif kind == 3:
        stack.mailstead("alias", "delete", alias)
        yield from _expect("an alias gone", not _taken(stack, alias))
    else:
        stack.mailstead("account", "delete", person)
        yield from _expect("an account gone", not _taken(stack, person) and not clients.signs_in(stack, person, "two"))


def _expect(what: str, seen: bool) -> Iterator[str]:
    return itertools.repeat(what, 0 if seen else 1)


def _taken(stack, address) -> bool:
    with clients.smtp(stack) as server:
        return clients.envelope(server, "", address)[0] == 250
