"""What people and strangers may write becomes no header, no command and no file."""

import uuid

import hypothesis
import pytest
from hypothesis import strategies

from security.wire import Wire
from support import people
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

DORA = "dora@elsewhere.test"
ADDED = "X-Injected"
BREAKS = ["\r", "\n", "\r\n ", "+0D+0A", "%0d%0a", "\\r\\n", "\0", "\t", "\x0b", "\x85"]
PLACES = {
    "the greeting": ("EHLO a{}", "MAIL FROM:<{sender}>", "RCPT TO:<{to}>"),
    "the sender": ("EHLO a", 'MAIL FROM:<"a{}"@elsewhere.test>', "RCPT TO:<{to}>"),
    "the sender's login": ("EHLO a", "MAIL FROM:<{sender}> AUTH=a{}", "RCPT TO:<{to}>"),
    "the envelope's id": ("EHLO a", "MAIL FROM:<{sender}> RET=HDRS ENVID=a{}", "RCPT TO:<{to}>"),
    "the original recipient": ("EHLO a", "MAIL FROM:<{sender}>", "RCPT TO:<{to}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a{}"),
    "the detail": ("EHLO a", "MAIL FROM:<{sender}>", 'RCPT TO:<"{local}+a{}"@example.test>'),
}


def write_in(stack: Stack, to: Person, place: str, text: str) -> str | None:
    """Offer a letter with a text in one place; return its subject where it was taken."""
    local, subject = to.mailbox.username, f"Into {uuid.uuid4().hex}"
    with Wire(stack, "SMTP", tls=False) as wire:
        for line in PLACES[place]:
            filled = line.replace("{}", text).format(sender=DORA, to=to.address, local=local)
            wire.send(filled.encode("latin-1") + b"\r\n")
            if not wire.answer().startswith("250"):
                return None
        if not wire.say("DATA").startswith("354"):
            return None
        return subject if wire.say(f"Subject: {subject}\r\n\r\nHello.\r\n.").startswith("250") else None


@pytest.mark.parametrize("place", PLACES)
@hypothesis.settings(max_examples=8, derandomize=True)
@hypothesis.given(breaks=strategies.lists(strategies.sampled_from(BREAKS), min_size=1, max_size=3))
def test_no_parameter_becomes_a_header(fortress: Stack, target: Person, place: str, breaks: list[str]):
    """Where a letter is taken at all, no header is in it that was not written as one."""
    subject = write_in(fortress, target, place, "".join(breaks) + f"{ADDED}: yes")

    if subject:
        assert target.inbox.wait_for(subject).message[ADDED] is None


@pytest.mark.parametrize("odd", ["\x0b", "\x85"])
@pytest.mark.parametrize("place", ["the sender", "the detail"])
def test_an_address_that_nobody_could_deliver_to_is_refused(fortress: Stack, target: Person, place: str, odd: str):
    """Control characters, and letters beyond ASCII without SMTPUTF8: at once, not by a bounce to a stranger later."""
    assert write_in(fortress, target, place, odd) is None


def test_where_such_an_address_is_taken_a_stranger_gets_a_bounce(careless: Stack, victim: Person):
    """Dovecot's LMTP refuses it (500), after the 250: so the refusal above is needed."""
    assert write_in(careless, victim, "the detail", "\x0b")

    sink = careless.world.sink
    wait_until(lambda: any(kept.recipients == (DORA,) and kept.sender in ("", "<>") for kept in sink.kept()), what="the bounce")


def test_a_header_that_is_added_would_be_seen(fortress: Stack, target: Person):
    """Written as one, it is there."""
    subject = f"Into {uuid.uuid4().hex}"
    with Wire(fortress, "SMTP", tls=False) as wire:
        for line in ("EHLO a", f"MAIL FROM:<{DORA}>", f"RCPT TO:<{target.address}>", "DATA"):
            wire.say(line)
        wire.say(f"Subject: {subject}\r\n{ADDED}: yes\r\n\r\nHello.\r\n.")

    assert target.inbox.wait_for(subject).message[ADDED] == "yes"


VACATION = """require ["vacation", "variables"];
if header :matches "Subject" "*" { set "was" "${1}"; }
vacation :days 1 :subject "Away: ${was}" :from "%s" "You wrote: ${was}";
"""


@pytest.fixture(scope="module")
def away(fortress: Stack) -> Person:
    """Somebody whose vacation reply has the subject of what it answers in it."""
    made = people.make_person(fortress, "Ava", domain="example.test")
    made.filter_by(VACATION % made.address)
    return made


def test_a_subject_becomes_no_header_of_a_vacation_reply(fortress: Stack, away: Person):
    """An encoded word may hold line breaks; what is made of it holds none."""
    subject = f"=?utf-8?q?Lunch_{uuid.uuid4().hex[:8]}=0D=0A{ADDED}:_yes=0D=0ABcc:_dora@elsewhere.test=0D=0A=0D=0ABody?="
    letter = f"From: {DORA}\r\nTo: {away.address}\r\nSubject: {subject}\r\n\r\nHello.\r\n"
    mark = subject.partition("Lunch_")[2][:8]
    fortress.world.sink.send(DORA, away.address, letter.encode(), exchanger=fortress.hostname)

    def replies() -> list:
        return [kept for kept in fortress.world.sink.kept() if mark in str(kept.letter.message["Subject"])]

    wait_until(replies, what="the reply")
    (reply,) = replies()
    assert (reply.letter.message[ADDED], reply.letter.message["Bcc"]) == (None, None)
    assert reply.recipients == (DORA,)


def test_two_who_are_away_do_not_answer_each_other(fortress: Stack, away: Person):
    """Each letter has at most one reply."""
    other = people.make_person(fortress, "Otto", domain="example.test")
    other.filter_by(VACATION % other.address)
    subject = f"Are you there {uuid.uuid4().hex}"
    other.send(to=away, subject=subject)

    other.inbox.wait_for(f"Away: {subject}")
    wait_until(lambda: not fortress.queue(), what="the queue to be empty")
    assert away.inbox.subjects().count(subject) == 1
    assert [one for one in away.inbox.subjects() if one.endswith(f"Away: {subject}")] == []
    assert len([one for one in other.inbox.subjects() if subject in one]) == 1


@pytest.mark.parametrize("aim", ["|/bin/touch /tmp/pwned", "/tmp/pwned", ":include:/etc/passwd", '"|id"@', "a@b.test\nx@y.test"])
def test_an_alias_leads_to_addresses_alone(fortress: Stack, aim: str):
    """No program, no file, no list in a file: refused in words, and nothing is made."""
    made = fortress.attempt("mailstead", "alias", "add", f"trap-{uuid.uuid4().hex[:6]}@example.test", aim)

    assert made.status in (1, 2)
    assert fortress.attempt("test", "-e", "/tmp/pwned").status == 1


def test_a_loop_of_aliases_is_refused(fortress: Stack, target: Person):
    """At the moment in which it would be closed."""
    one, two = (f"{name}-{uuid.uuid4().hex[:6]}@example.test" for name in ("one", "two"))
    fortress.mailstead("alias", "add", one, target.address)
    fortress.mailstead("alias", "add", two, one)
    assert fortress.attempt("mailstead", "alias", "add", one, two).status in (1, 2)


def test_two_who_forward_to_each_other_make_no_loop(fortress: Stack):
    """By Sieve: each redirects a letter once, and it ends there."""
    ring = [people.make_person(fortress, name, domain="example.test") for name in ("Rik", "Rob")]
    for here, there in zip(ring, reversed(ring), strict=True):
        here.filter_by(f'require ["copy"]; redirect :copy "{there.address}";')
    subject = f"Round {uuid.uuid4().hex}"
    ring[0].send(to=ring[1], subject=subject)

    ring[0].inbox.wait_for(subject)
    wait_until(lambda: not fortress.queue(), what="the queue to be empty")
    assert max(one.inbox.subjects().count(subject) for one in ring) <= 2
