"""SMTP smuggling: one message in is one message out, whatever ends a line in it (https://www.postfix.org/smtp-smuggling.html)."""

import re
import uuid
from collections import Counter

import pytest

from security.wire import Wire
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

DORA = "dora@elsewhere.test"
FALSE_ENDS = {
    "LF . LF": b"\n.\n",
    "LF . CR": b"\n.\r",
    "CR . LF": b"\r.\n",
    "CR . CR": b"\r.\r",
    "LF . CRLF": b"\n.\r\n",
    "CR . CRLF": b"\r.\r\n",
    "CRLF . LF": b"\r\n.\n",
    "CRLF . CR": b"\r\n.\r",
    "CRLF . CR CRLF": b"\r\n.\r\r\n",
    "CR CRLF . CR CRLF": b"\r\r\n.\r\r\n",
    "CRLF NUL . CRLF": b"\r\n\0.\r\n",
}
BARE = re.compile(rb"(?<!\r)\n|\r(?!\n)")


def offer(wire: Wire, sender: str, to: list[str], letter: bytes, *, chunked: bool) -> str:
    """Offer a letter, as one chunk (RFC 3030) or by DATA, and take leave; return all that was said to it."""
    wire.say("EHLO attacker.test")
    for line in [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{one}>" for one in to)]:
        assert wire.say(line).startswith("250")
    if chunked:
        wire.send(b"BDAT %d LAST\r\n" % len(letter) + letter)
    else:
        assert wire.say("DATA").startswith("354")
        wire.send(letter + b"\r\n.\r\n")
    return wire.answer() + wire.rest()


def hiding(name: str, mark: str, sender: str, to: str, author: str) -> bytes:
    """Return a letter with a second one, and the commands for it, behind a false end."""
    hidden = f"MAIL FROM:<{sender}>\r\nRCPT TO:<{to}>\r\nDATA\r\nFrom: {author}\r\nSubject: hidden {mark}\r\n\r\nsmuggled"
    return f"From: {author}\r\nSubject: {name} {mark}\r\n\r\nfirst".encode() + FALSE_ENDS[name] + hidden.encode()


def smuggle(port: str, chunked: bool, sender: Person, to: list[str]) -> tuple[str, Counter[str]]:
    """Send a letter with each false end, by strangers on 25 and signed in elsewhere; return its mark, and how many were taken."""
    mark, taken = uuid.uuid4().hex, Counter()
    envelope = DORA if port == "SMTP" else sender.address
    for name in FALSE_ENDS:
        with Wire(sender.stack, port, tls=False) if port == "SMTP" else Wire.of(sender, port) as wire:
            said = offer(wire, envelope, to, hiding(name, mark, envelope, to[0], envelope), chunked=chunked)
        taken[f"{name} {mark}"] = said.count("queued as")
        taken[f"hidden {mark}"] += said.count("354")
    return mark, +taken


def marked(subjects: list[str], mark: str) -> Counter[str]:
    """Count the subjects that bear a mark."""
    return Counter(subject for subject in subjects if mark in subject)


@pytest.mark.parametrize("chunked", [False, True], ids=["DATA", "BDAT"])
@pytest.mark.parametrize("port", ["SMTP", "SUBMISSIONS", "SUBMISSION"])
def test_one_letter_in_is_one_letter_out(fortress: Stack, target: Person, forwarder: Person, sender: Person, port, chunked):
    """In the mailbox, through a Sieve redirect, and at another server, where no bare CR or LF is on the wire. With NUL: none."""
    sink, abroad = fortress.world.sink, [] if port == "SMTP" else [DORA]
    mark, taken = smuggle(port, chunked, sender, [target.address, forwarder.address, *abroad])
    assert len(taken) >= 10
    assert set(taken.values()) == {1}
    assert f"hidden {mark}" not in taken

    def sent_on() -> list[bytes]:
        return [kept.letter.raw for kept in sink.kept() if mark.encode() in kept.letter.raw]

    copies = len(taken) * (1 + len(abroad))
    wait_until(lambda: len(sent_on()) >= copies and not fortress.queue(), what="all of them to be sent on")
    assert marked(target.inbox.subjects(), mark) == marked(forwarder.inbox.subjects(), mark) == taken
    assert len(sent_on()) == copies
    assert [raw for raw in sent_on() if BARE.search(raw)] == []


def test_where_bare_newlines_are_let_in_a_letter_is_smuggled(careless: Stack, victim: Person):
    """The same letters, with smtpd_forbid_bare_newline=no: the hidden commands are answered, and two letters come out of one."""
    mark, taken = smuggle("SMTP", False, victim, [victim.address])

    assert taken[f"hidden {mark}"] > 0
    victim.inbox.wait_for(f"hidden {mark}")


def test_where_stray_returns_are_left_in_they_are_on_the_wire(careless: Stack, victim: Person):
    """With cleanup_replace_stray_cr_lf=no: so the test above would see them at another server."""
    mark, _ = smuggle("SUBMISSIONS", True, victim, [DORA])

    sink = careless.world.sink
    wait_until(lambda: any(mark.encode() in k.letter.raw and BARE.search(k.letter.raw) for k in sink.kept()), what="a bare CR")
