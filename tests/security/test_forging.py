"""Who has signed in writes under his own name, and a stranger does not write under ours."""

import smtplib
import uuid
from email.headerregistry import Address

import pytest

from support import letters
from support.people import Person
from support.stack import Stack

DORA = "dora@elsewhere.test"
ENVELOPES = ["{bob}", "x@elsewhere.test", "root@mail.example.test", "postmaster@example.test", "@example.test:{bob}"]
HEADERS = {
    "behind a bare CR": "X-Text: x\rFrom: {bob}\r\nFrom: {alice}",
    "another sender": "From: {alice}\r\nSender: {bob}",
    "sent again by another": "From: {alice}\r\nResent-From: {bob}\r\nResent-Sender: {bob}",
    "a folded sender": "From: {alice}\r\nSender:\r\n {bob}",
}
REFUSED = {
    "behind a bare LF": "X-Text: x\nFrom: {bob}\nFrom: {alice}",
    "behind a NUL": "From: {alice}\0<{bob}>",
    "a space before the colon": "From : {bob}",
    "a tab before the colon": "From\t: {bob}",
    "in capitals": "FROM: {bob}",
    "behind a name too long": "From: " + "a" * 110_000 + " <{bob}>",
    "behind comments too many": "From: " + "(x)" * 12_000 + " <{bob}>",
    "brackets in an encoded word": "From: =?utf-8?q?=3C{bob}=3E?= <{alice}>, {bob}",
    "all in an encoded word": "From: =?utf-8?q?{bob}?=",
    "behind a letter of eight bits": "From: \xfc{bob}",
    "nothing": "From:",
}


@pytest.fixture(scope="module")
def bob(target: Person) -> Person:
    """Whose name is taken."""
    return target


@pytest.mark.parametrize("envelope", ENVELOPES)
def test_an_envelope_of_another_is_refused(fortress: Stack, sender: Person, bob: Person, envelope: str):
    """Of a person here, of a stranger, of the machine, or hidden in a route."""
    with sender.signed_in() as server:
        server.docmd("MAIL", f"FROM:<{envelope.format(bob=bob.address)}>")
        code, said = server.docmd("RCPT", f"TO:<{DORA}>")

    assert (code, said[:5]) == (553, b"5.7.1")


def test_his_own_address_is_his_with_a_detail_too(fortress: Stack, sender: Person):
    """So that the refusals above are those of others' addresses. The empty one is for receipts (RFC 8098)."""
    for own in (sender.address, sender.address.replace("@", "+shop@"), ""):
        with sender.signed_in() as server:
            server.docmd("MAIL", f"FROM:<{own}>")
            assert server.docmd("RCPT", f"TO:<{DORA}>")[0] == 250


@pytest.mark.parametrize("header", REFUSED.values(), ids=REFUSED.keys())
def test_a_from_that_hides_another_is_refused(fortress: Stack, sender: Person, bob: Person, header: str):
    """However it is written; with and without an envelope."""
    text = header.format(alice=sender.address, bob=bob.address)
    for envelope in (sender.address, ""):
        with pytest.raises(smtplib.SMTPDataError) as refused, sender.signed_in() as server:
            server.sendmail(envelope, [DORA], f"Subject: Forged\r\n{text}\r\n\r\nHello.\r\n".encode("latin-1"))
        assert refused.value.smtp_error.startswith(b"5.7.1")


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS.keys())
def test_nobody_is_said_to_have_sent_it_but_who_did(fortress: Stack, sender: Person, bob: Person, header: str):
    """It arrives with one From, his own, and no header says that another has sent it."""
    subject = f"By whom {uuid.uuid4().hex}"
    text = f"Subject: {subject}\r\n{header.format(alice=sender.address, bob=bob.address)}"
    with sender.signed_in() as server:
        server.docmd("MAIL", f"FROM:<{sender.address}>")
        server.docmd("RCPT", f"TO:<{DORA}>")
        server.docmd("DATA")
        server.send(f"{text}\r\n\r\nHello.\r\n.\r\n".encode())
        assert server.getreply()[0] == 250

    message = fortress.world.sink.wait_for(subject).letter.message
    assert [str(one) for one in message.get_all("From")] == [sender.address]
    assert [name for name in ("Sender", "Resent-From", "Resent-Sender") if message[name]] == []


FORGED_RESULTS = [
    "Authentication-Results: mail.example.test; dkim=pass",
    "authentication-results:\r\n MAIL.example.test 1; spf=pass",
    "Authentication-Results: (a comment (of theirs)) mail.example.test; dmarc=pass",
    'Authentication-Results: "mail.example.test"; dkim=pass',
]


def test_what_we_are_said_to_have_checked_is_taken_out(fortress: Stack, target: Person):
    """Without the filter nothing is checked, and nobody else may say that it was; what others have checked stays."""
    subject = f"Checked {uuid.uuid4().hex}"
    theirs = "Authentication-Results: mail.example.test.elsewhere.test; spf=none"
    headers = "\r\n".join([*FORGED_RESULTS, theirs, ""])
    letter = letters.write(Address("Dora", "dora", "elsewhere.test"), [target.mailbox], subject, "Trust me.")
    fortress.world.sink.send(DORA, target.address, headers.encode() + letter, exchanger=fortress.hostname)

    found = target.inbox.wait_for(subject).message.get_all("Authentication-Results")
    assert [str(one) for one in found] == [theirs.partition(": ")[2]]


def test_our_name_from_elsewhere_is_not_signed_by_us(fortress: Stack, forwarder: Person, target: Person):
    """A stranger's letter under the name of somebody here comes in, and is sent on, without our signature."""
    subject = f"In her name {uuid.uuid4().hex}"
    letter = letters.write(target.mailbox, [forwarder.mailbox], subject, "Send money.")
    fortress.world.sink.send(DORA, forwarder.address, letter, exchanger=fortress.hostname)

    assert forwarder.inbox.wait_for(subject).message["DKIM-Signature"] is None
    assert fortress.world.sink.wait_for(subject).letter.message["DKIM-Signature"] is None
