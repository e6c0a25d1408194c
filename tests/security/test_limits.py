"""What is too much, too long or too deep is refused in plain words, or arrives as it was; no stranger gets a bounce."""

import hashlib
import re
import uuid

import pytest

from security.wire import Wire
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

DORA = "dora@elsewhere.test"
PARTS = b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
MIXED = b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b"
BREAKDOWN = re.compile(r"panic|\bfatal\b|signal 11|core dumped|out of memory", re.IGNORECASE)
LARGEST = 80_000
"""Kilobytes that one process may have had; each takes its part of a message of 50 MB piece by piece."""


def nested(depth: int) -> tuple[bytes, bytes]:
    """Return header and body of a letter whose parts are in parts."""
    inner = [b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (one, one) for one in range(1, depth)]
    ends = b"".join(b"--b%d--\r\n" % one for one in reversed(range(1, depth)))
    return MIXED, b"--b\r\n" + b"".join(inner) + b"Content-Type: text/plain\r\n\r\nx\r\n" + ends + b"--b--"


KEPT: dict[str, tuple[bytes, bytes]] = {
    "a header line of 1 MB": (b"X-Long: " + b"a" * 10**6, b"body"),
    "a folded header of 1 MB": (b"X-Long: a" + b"\r\n folded folded folded" * 45_000, b"body"),
    "10,000 headers": (b"\r\n".join(b"X-%d: v" % one for one in range(10_000)), b"body"),
    "a parameter in pieces": (b"Content-Type: text/plain" + b"".join(b";\r\n n*%d=x" % one for one in range(3000)), b"body"),
    "parts 101 deep": nested(101),
    "10,000 parts": (MIXED, PARTS * 10_000 + b"--b--"),
    "every byte but NUL, CR and LF": (b"X-Eight: \xc3\xbc", bytes(set(range(1, 256)) - {10, 13})),
    "a line of 1 MB": (b"X-Long: no", b"a" * 10**6),
}


def deliver(stack: Stack, to: str, subject: str, header: bytes, body: bytes) -> str:
    """Offer a letter as a stranger; return the answer to it."""
    with Wire(stack, "SMTP", tls=False) as wire:
        for line in ("EHLO attacker.test", f"MAIL FROM:<{DORA}>", f"RCPT TO:<{to}>", "DATA"):
            wire.say(line)
        wire.send(f"Subject: {subject}\r\n".encode() + header + b"\r\n\r\n" + body + b"\r\n.\r\n")
        return wire.answer()


def arrives_whole(person: Person, header: bytes, body: bytes) -> bool:
    """Deliver a letter; whether its body is the same when it is read (SHA-256)."""
    subject = f"Odd {uuid.uuid4().hex}"
    assert deliver(person.stack, person.address, subject, header, body).startswith("250")
    return person.inbox.wait_for(subject).digest == hashlib.sha256(body + b"\r\n").hexdigest()


@pytest.mark.parametrize("name", KEPT)
def test_what_is_odd_arrives_as_it_was(fortress: Stack, target: Person, name: str):
    """Byte for byte, read by IMAP."""
    assert arrives_whole(target, *KEPT[name])


def test_a_body_that_is_changed_would_be_seen(careless: Stack, victim: Person):
    """As where lines are cut at 998 (lmtp_line_length_limit), which Postfix does by default, or NUL comes in."""
    assert not arrives_whole(victim, *KEPT["a line of 1 MB"])
    assert not arrives_whole(victim, b"X-Nul: no", b"bo\0dy")


@pytest.mark.parametrize("where", ["header", "body"])
def test_a_nul_is_refused(fortress: Stack, target: Person, where: str):
    """At once: it would cut off a header, and IMAP could not show it."""
    text = {"header": b"a letter", "body": b"a letter"} | {where: b"a\0letter"}

    assert deliver(fortress, target.address, "NUL", b"X-Text: " + text["header"], text["body"]).startswith("550 5.7.1")


ONE = [f"MAIL FROM:<{DORA}>", "RCPT TO:<postmaster@example.test>"]
REFUSED: dict[str, tuple[list[str], str]] = {
    "a byte more than the size limit": ([f"MAIL FROM:<{DORA}> SIZE=52428801"], "552 5.3.4"),
    "a size nobody can count": ([f"MAIL FROM:<{DORA}> SIZE=99999999999999999999"], "552 5.3.4"),
    "BINARYMIME": ([f"MAIL FROM:<{DORA}> BODY=BINARYMIME"], "555 5.5.4"),
    "SMTPUTF8": ([f"MAIL FROM:<{DORA}> SMTPUTF8"], "555 5.5.4"),
    "a command of 100,000 octets": (["NOOP " + "a" * 100_000], "554 5.5.0"),
    "the recipient after a thousand": ([ONE[0], *[ONE[1]] * 1001], "452 4.5.3"),
    "a chunk without end": ([*ONE, "BDAT 4000000000"], "552 5.3.4"),
    "a chunk that is no number": ([*ONE, "BDAT x"], "521 5.5.4"),
    "a chunk of less than nothing": ([*ONE, "BDAT -5"], "521 5.5.4"),
    "DATA after a chunk": ([*ONE, "BDAT 3\r\na", "DATA"], "503 5.5.1"),
    "DATA after a chunk for nobody": ([ONE[0], "BDAT 3\r\na", "DATA"], "503 5.5.1"),
    "a command before its turn": (["RSET\r\nNOOP\r\nEHLO x.test"], "250"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_goes_too_far_is_refused(fortress: Stack, name: str):
    """By the code that is documented for it, and not a step later."""
    lines, code = REFUSED[name]
    with Wire(fortress, "SMTP", tls=False) as wire:
        wire.say("EHLO attacker.test")
        said = [wire.say(line) for line in lines]

    assert said[-1].startswith(code)
    assert all(one.startswith("250") for one in said[:-1] if not one.startswith("554 5.5.1"))


def test_no_more_is_offered_than_is_carried(fortress: Stack):
    """Neither SMTPUTF8 nor BINARYMIME: Dovecot's LMTP takes neither, and a bounce would be the answer."""
    with Wire(fortress, "SMTP", tls=False) as wire:
        offered = wire.say("EHLO attacker.test")

    assert "8BITMIME" in offered
    assert not {"SMTPUTF8", "BINARYMIME"} & set(re.findall(r"[A-Z0-9]+", offered))


@pytest.mark.parametrize("lines", [b"EHLO x.test\r\nMAIL FROM:<>\r\n", b"HELO x.test\r\nMAIL FROM:<>\r\nRCPT TO:<x@x.test>\r\n"])
@pytest.mark.parametrize("port", ["SMTP", "SUBMISSIONS"])
def test_who_does_not_wait_for_an_answer_is_turned_away(fortress: Stack, port: str, lines: bytes):
    """Commands in one piece before the server has said that it takes them so (smtpd_forbid_unauth_pipelining)."""
    with Wire(fortress, port, tls=port != "SMTP") as wire:
        wire.send(lines)
        assert wire.answer().startswith("554 5.5.0")
        assert wire.answer() == ""


def test_who_does_not_wait_would_be_let_in(careless: Stack):
    """With smtpd_forbid_unauth_pipelining=no."""
    with Wire(careless, "SMTP", tls=False) as wire:
        wire.send(b"EHLO x.test\r\nMAIL FROM:<>\r\n")
        assert wire.answer().startswith("250")
        assert wire.answer().startswith("250")


def in_chunks(stack: Stack, to: str, subject: str, count: int) -> str:
    """Offer a letter in chunks of one byte, and an empty last one (RFC 3030); return the answer to that."""
    letter = f"Subject: {subject}\r\n\r\n".encode() + b"a" * count
    with Wire(stack, "SMTP", tls=False) as wire:
        for line in ("EHLO attacker.test", f"MAIL FROM:<{DORA}>", f"RCPT TO:<{to}>"):
            wire.say(line)
        for begin in range(0, len(letter), 1000):
            piece = letter[begin : begin + 1000]
            wire.send(b"".join(b"BDAT 1\r\n%c" % byte for byte in piece))
            assert {wire.answer()[:3] for _ in piece} == {"250"}
        return wire.say("BDAT 0 LAST")


def test_a_letter_in_chunks_of_one_byte_arrives(fortress: Stack, target: Person, long: bool):
    """20,000 of them, or 100,000."""
    subject, count = f"Chunks {uuid.uuid4().hex}", 100_000 if long else 20_000
    assert in_chunks(fortress, target.address, subject, count).startswith("250")

    assert target.inbox.wait_for(subject).body == b"a" * count + b"\r\n"


def peaks(stack: Stack) -> dict[str, int]:
    """Return the most memory that a process of each name has had, in kilobytes."""
    said = stack.exec("sh", "-c", "cat /proc/[0-9]*/status 2>/dev/null || true")
    found: dict[str, int] = {}
    for name, peak in re.findall(r"^Name:\t(\S+)$.*?^VmHWM:\s+(\d+) kB", said, re.MULTILINE | re.DOTALL):
        found[name] = max(found.get(name, 0), int(peak))
    return found


def test_after_all_this_nothing_has_broken_down(fortress: Stack):
    """No process ended by itself, none has had much memory, nothing waits, and no stranger got a bounce."""
    wait_until(lambda: not fortress.queue(), what="the queue to be empty")

    assert BREAKDOWN.findall("".join(fortress.logs().values())) == []
    assert {name: peak for name, peak in peaks(fortress).items() if peak > LARGEST} == {}
    bounces = [kept for kept in fortress.world.sink.kept() if kept.letter.subject.startswith("Undelivered")]
    assert bounces == []
