"""SMTP smuggling: one message in is one message out, whatever ends a line in it (https://www.postfix.org/smtp-smuggling.html)."""

import uuid

import pytest

from security.wire import Wire
from support.people import Person
from support.stack import Stack

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


@pytest.mark.parametrize("end", FALSE_ENDS.values(), ids=FALSE_ENDS.keys())
def test_what_does_not_end_a_message_hides_no_second_one(fortress: Stack, target: Person, end: bytes):
    """The hidden commands are answered by nobody, and no second letter arrives."""
    mark = uuid.uuid4().hex
    hidden = f"MAIL FROM:<>\r\nRCPT TO:<{target.address}>\r\nDATA\r\nSubject: hidden {mark}\r\n\r\nsmuggled\r\n.\r\n".encode()
    with Wire(fortress, "SMTP", tls=False) as wire:
        wire.say("EHLO attacker.test")
        wire.say("MAIL FROM:<>")
        wire.say(f"RCPT TO:<{target.address}>")
        assert wire.say("DATA").startswith("354")
        wire.send(f"Subject: open {mark}\r\n\r\nfirst".encode() + end + hidden)
        said = wire.answer() + wire.rest()

    assert said.count("queued as") <= 1
    assert "354" not in said
    if "queued as" in said:
        target.inbox.wait_for(f"open {mark}")
    assert f"hidden {mark}" not in target.inbox.subjects()
