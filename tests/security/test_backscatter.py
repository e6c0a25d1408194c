"""Whose name stands on spam that he has not sent gets no letter of ours: what is not wanted is refused before it is taken."""

import contextlib
import itertools
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from security.wire import Wire
from support import people
from support.clients import smtp
from support.people import Person
from support.sink import Kept
from support.stack import Stack
from support.wait import wait_until

REJECT = 'require "{name}"; {name} "I do not want this.";'
VACATION = 'require "vacation"; vacation :days 1 "Away.";'
AT_ONCE = 10  # sessions
CUT_OFF = 20  # errors


def spam(stack: Stack, sender: str, count: int) -> list[str]:
    """Send spam to so many people that nobody is, in one session; return the answers, as many as there were."""
    said: list[str] = []
    # Who is hung up on may notice it while he speaks.
    with Wire(stack, "SMTP", tls=False) as wire, contextlib.suppress(ConnectionError):
        wire.say("EHLO attacker.test")
        while len(said) < count and not (said and not said[-1].startswith("550")):
            wire.say(f"MAIL FROM:<{sender}>")
            said.append(wire.say(f"RCPT TO:<nobody-{uuid.uuid4().hex[:8]}@example.test>"))
            if said[-1].startswith("250"):
                wire.say("DATA")
                said[-1] = wire.say(f"From: {sender}\r\nSubject: Cheap pills\r\n\r\nBuy.\r\n.")
            wire.say("RSET")
    return said


def letters_to(stack: Stack, address: str) -> list[Kept]:
    """Return what the world has got for an address."""
    return [kept for kept in stack.world.sink.kept() if address in kept.recipients]


def forged() -> str:
    """Return the address of somebody elsewhere who has written nothing."""
    return f"innocent-{uuid.uuid4().hex[:8]}@elsewhere.test"


def test_spam_to_nobody_is_answered_to_nobody(fortress: Stack, long: bool, figure):
    """Sixty, or a thousand: refused one by one; who goes on is cut off after twenty; nothing waits, and no bounce leaves."""
    sender, spams, each = forged(), 1000 if long else 60, 25 if long else 10
    with ThreadPoolExecutor(AT_ONCE) as threads:
        sessions = list(threads.map(lambda _: spam(fortress, sender, each), range(spams // (CUT_OFF if long else each))))

    said = list(itertools.chain.from_iterable(sessions))
    refused = [one for one in said if one.startswith("550 5.1.1")]
    assert len(refused) >= spams * 9 // 10
    assert all(one.startswith("421") or one == "" for one in said if one not in refused)
    assert max(map(len, sessions)) <= CUT_OFF + 1
    assert fortress.queue() == {}
    assert letters_to(fortress, sender) == []
    figure("spams", {"refused": len(refused), "sessions": len(sessions), "bounces": 0})


@contextlib.contextmanager
def taking_everything(stack: Stack) -> Iterator[None]:
    """Have Postfix take mail for people that nobody is, as it does with smtpd_reject_unlisted_recipient=no."""
    name = "smtpd_reject_unlisted_recipient"
    stack.exec("sh", "-c", f"postconf -e {name}=no && postfix reload")
    try:
        yield
    finally:
        stack.exec("sh", "-c", f"postconf -X {name} && postfix reload")


def test_where_everything_is_taken_the_forged_sender_gets_a_bounce(careless: Stack):
    """So that the test above would see it."""
    sender = forged()
    with taking_everything(careless):
        wait_until(lambda: spam(careless, sender, 1)[0].startswith("250"), what="Postfix to take everything")

        wait_until(lambda: letters_to(careless, sender), what="the bounce")


def deliver(person: Person, sender: str, header: str = "") -> str:
    """Deliver a letter to somebody under a forged sender; return its subject."""
    subject = f"Cheap pills {uuid.uuid4().hex}"
    letter = f"From: {sender}\r\nTo: {person.address}\r\nSubject: {subject}\r\n{header}\r\nBuy.\r\n"
    with smtp(person.stack) as server:
        server.sendmail(sender, person.address, letter.encode())
    return subject


@pytest.mark.parametrize("name", ["reject", "ereject"])
def test_a_script_that_would_reject_is_refused(fortress: Stack, sender: Person, name: str):
    """By ManageSieve, with the extension's name."""
    with pytest.raises(AssertionError, match=f"unknown Sieve capability '{name}'"):
        sender.filter_by(REJECT.format(name=name))


def lay_down(person: Person, script: str) -> None:
    """Put a script where the active one is, as it is taken over from another server."""
    home = "/var/mail/{1}/{0}".format(*person.address.split("@"))
    person.stack.exec("setpriv", "--reuid=vmail", "--regid=vmail", "--clear-groups", "mkdir", "-p", home)
    write = ["setpriv", "--reuid=vmail", "--regid=vmail", "--clear-groups", "sh", "-c", f"cat >{home}/.dovecot.sieve"]
    person.stack.exec(*write, text=script)


def test_one_that_is_there_already_answers_nobody(fortress: Stack):
    """Its letters go to the inbox."""
    reader, sender = people.make_person(fortress, "Rea", domain="example.test"), forged()
    lay_down(reader, REJECT.format(name="reject"))
    reader.inbox.wait_for(deliver(reader, sender))

    wait_until(lambda: not fortress.queue(), what="the queue to be empty")
    assert letters_to(fortress, sender) == []


def test_where_it_may_reject_the_forged_sender_gets_a_letter(careless: Stack):
    """With the extension switched on, as Dovecot has it by itself: so that the tests above would see it."""
    reader, sender = people.make_person(careless, "Rea", domain="example.test"), forged()
    lay_down(reader, REJECT.format(name="reject"))
    deliver(reader, sender)

    wait_until(lambda: letters_to(careless, sender), what="the answer")


def test_a_vacation_answers_a_sender_once_and_lists_never(fortress: Stack):
    """And nothing that has no sender: so a forged one gets one letter at most."""
    reader, sender, other = people.make_person(fortress, "Vera", domain="example.test"), forged(), forged()
    reader.filter_by(VACATION)
    for _ in range(3):
        reader.inbox.wait_for(deliver(reader, sender))
    for header in ("List-Id: <pills.elsewhere.test>\r\n", "Precedence: bulk\r\n", "Auto-Submitted: auto-replied\r\n"):
        reader.inbox.wait_for(deliver(reader, other, header))

    wait_until(lambda: not fortress.queue(), what="the queue to be empty")
    wait_until(lambda: letters_to(fortress, sender), what="the answer")
    assert len(letters_to(fortress, sender)) == 1
    assert letters_to(fortress, other) == []
