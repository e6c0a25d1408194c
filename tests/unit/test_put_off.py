"""Which of Postfix's lines tell of letters that Dovecot could not take."""

import pytest

from mailstead.put_off import PutOff

HEAD = b"Nov 24 18:24:25 mail postfix/lmtp[90]: 4F9C: to=<r@example.org>, "
SOCKET = b"mail.example.org[/run/dovecot/lmtp]"
OURS = {
    "no lookup": b"relay=%s, delay=0, delays=0/0/0/0, dsn=4.3.0, status=deferred (host %s said: 451)",
    "hung": b"relay=%s, delay=9, delays=0/0/0/9, dsn=4.4.2, status=deferred (conversation with %s timed out)",
    "gone": b"relay=none, delay=0, dsn=4.4.1, status=deferred (connect to %s: No such file)",
    "its client killed": b"relay=none, delay=0, dsn=4.3.0, status=deferred (unknown mail transport error)",
}
OTHERS = {
    "full": b"relay=%s, delay=0, dsn=4.2.2, status=deferred (host %s said: 452 4.2.2 Quota exceeded)",
    "elsewhere": b"relay=none, delay=0, dsn=4.4.1, status=deferred (connect to mx.example.net[192.0.2.1]:25)",
}


def heard(line: bytes) -> set[str]:
    """Return the queue ids of those who wait after this line."""
    put_off = PutOff("doctor@doctor.invalid")
    put_off.hear(HEAD + line.replace(b"%s", SOCKET))
    return put_off.waiting


@pytest.mark.parametrize("line", OURS.values(), ids=OURS)
def test_what_dovecot_could_not_take_is_tried_again(line: bytes):
    """By its queue id."""
    assert heard(line) == {"4F9C"}


@pytest.mark.parametrize("line", OTHERS.values(), ids=OTHERS)
def test_what_has_other_reasons_waits_as_postfix_has_it(line: bytes):
    """A full mailbox stays full, and other servers are not hurried."""
    assert heard(line) == set()


def test_what_a_new_queue_manager_finds_in_other_hands_is_looked_at_again():
    """The one before it has died, and nobody would note what became of the letter for five minutes."""
    put_off = PutOff("doctor@doctor.invalid")
    put_off.hear(b"Nov 24 18:49:50 mail postfix/qmgr[681]: 9CCB62067C0: skipped, still being delivered")

    assert put_off.waiting == {"9CCB62067C0"}
