"""Whether mail comes through: a letter from SMTP to IMAP, and what waits in the queue."""

import imaplib
import json
import secrets
import smtplib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from .. import probe
from ..places import QUEUE
from .checks import Verdict, check, fail, passed, warn
from .context import HERE, Context, ran

_LONGEST = 10  # seconds a letter may take
_NAP = 0.05
_HOUR, _DAY = 3600, 86400
_MOST = 200  # characters of a server's reason
_IMAP = f"doveadm exec imap -u {probe.ADDRESS} 2>/dev/null"
"""Dovecot's own IMAP, signed in already (for imaplib, which hands it to a shell); what it logs is nobody's concern."""
_LOOK = "docker compose exec mail postqueue -p, and docker compose logs mail"


@check("delivery.round-trip")
def round_trip(context: Context) -> Iterator[Verdict]:
    """A letter goes in by SMTP (25), through the queue and by LMTP into a mailbox of the doctor's own, is read there by IMAP, and
    is removed. The time is that from the first word of SMTP to the letter in hand. Signing in is looked at elsewhere (auth)."""
    mark, begin = f"doctor-{secrets.token_hex(8)}", time.monotonic()
    _send(mark)
    if _arrives(mark, begin + _LONGEST):
        yield passed(f"a letter went from SMTP to IMAP in {(time.monotonic() - begin) * 1000:.0f} ms")
    else:
        yield fail(f"a letter that 25 took was not in its mailbox after {_LONGEST} s", _LOOK)


def _send(mark: str) -> None:
    letter = f"From: <{probe.ADDRESS}>\r\nTo: <{probe.ADDRESS}>\r\nSubject: {mark}\r\n\r\nA letter of mailstead doctor.\r\n"
    with smtplib.SMTP(HERE, 25, "localhost", timeout=_LONGEST) as server:
        server.sendmail("", [probe.ADDRESS], letter)


def _arrives(mark: str, end: float) -> bool:
    while time.monotonic() < end:
        if _take_out(mark):
            return True
        time.sleep(_NAP)
    return False


def _take_out(mark: str) -> bool:
    """Whether the letter is in the mailbox, which is empty afterwards: what came too late for an earlier look goes, too."""
    server = imaplib.IMAP4_stream(_IMAP)
    try:
        server.select()
        _, (numbers,) = server.search(None, "SUBJECT", mark)
        if numbers:
            server.store("1:*", "+FLAGS.SILENT", r"(\Deleted)")
            server.expunge()
        return bool(numbers)
    finally:
        server.logout()


@check("delivery.queue")
def queue(context: Context) -> Iterator[Verdict]:
    """Nothing has waited in the queue for an hour; where something has, why the oldest of it could not be sent."""
    lines = ran("postqueue", "-j").splitlines()
    yield judged([json.loads(line) for line in lines], time.time())


def judged(entries: Sequence[Mapping[str, Any]], now: float) -> Verdict:
    """Return what a queue (entries of postqueue(1) -j) looks like at a time (seconds since the epoch)."""
    waiting = sorted((one for one in entries if one["queue_name"] == "deferred"), key=lambda one: one["arrival_time"])
    if not waiting:
        return passed(f"nothing is put off; {len(entries)} on the way")
    oldest = waiting[0]
    age = now - oldest["arrival_time"]
    said = f"{len(waiting)} put off; the oldest ({oldest['queue_id']}) for {_words(age)}: {_reason(oldest)}"
    if age < _HOUR:
        return passed(said)
    drop = f"to drop it: docker compose exec mail postsuper -d {oldest['queue_id']}"
    mend = f"mend what the reason names, then: docker compose exec mail postfix flush ({drop})"
    return fail(said, mend) if age > _DAY else warn(said, mend)


def _reason(entry: Mapping[str, Any]) -> str:
    reasons = (one.get("delay_reason", "") for one in entry["recipients"])
    return next((" ".join(one.split())[:_MOST] for one in reasons if one), "no reason is known")


def _words(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes // 1440} d {minutes // 60 % 24} h" if minutes >= 1440 else f"{minutes // 60} h {minutes % 60} min"


@check("delivery.frozen")
def frozen(context: Context) -> Iterator[Verdict]:
    """Nothing in the queue is held back, or could not be read (hold and corrupt of qmgr(8))."""
    held = [one for one in map(json.loads, ran("postqueue", "-j").splitlines()) if one["queue_name"] == "hold"]
    broken = sorted((QUEUE / "corrupt").glob("*"))
    if held:
        mend = "look at them (postcat -q ID), then: docker compose exec mail postsuper -H ALL"
        yield warn(f"{len(held)} on hold: they are not sent until somebody says so", mend, of="hold")
    if broken:
        mend = f"docker compose exec mail ls -l {QUEUE}/corrupt, and see whether the disk is ill"
        yield fail(f"Postfix cannot read {len(broken)} messages", mend, of="corrupt")
    if not held and not broken:
        yield passed("none is held back, none is broken")
