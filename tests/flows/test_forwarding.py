"""Mail that goes on to elsewhere: under a sender of ours, so that it is not refused there; its bounces find their way back."""

import smtplib
from collections.abc import Callable
from email.headerregistry import Address

import pytest

from support import clients, letters
from support.sink import Kept, Sink
from support.stack import Stack
from support.wait import wait_until

DORA = "dora@elsewhere.test"


@pytest.fixture
def away(stack: Stack, alice) -> str:
    """An address at example.test that leads to Dora at elsewhere.test."""
    address = f"away.{alice.mailbox.username}@example.test"
    stack.mailstead("alias", "add", address, DORA)
    return address


@pytest.fixture
def forwarded(carol, away: str, sink: Sink) -> Callable[[str], Kept]:
    """What Carol at outside.test wrote to that address, as it came to elsewhere.test."""

    def send(subject: str) -> Kept:
        carol.send(to=away, subject=subject, text="Grüße")
        return sink.wait_for(subject=subject)

    return send


def test_forwarded_mail_has_a_sender_of_ours(carol, forwarded):
    """On the envelope alone: the letter itself is as Carol wrote it (SRS)."""
    kept = forwarded("Passed on")

    assert kept.sender.startswith("SRS0=")
    assert kept.sender.endswith("@example.test")
    assert kept.letter.message["From"].addresses[0].addr_spec == carol.address
    assert kept.letter.text == "Grüße"


def test_its_bounce_reaches_the_first_sender(stack, carol, forwarded, sink):
    """By the address on the envelope, through us."""
    kept = forwarded("It will not arrive")
    bounce = letters.write(Address("Mail System", "postmaster", "elsewhere.test"), [], "Undelivered", "No such Dora.")

    sink.send("", kept.sender, bounce, exchanger=stack.hostname)

    assert carol.inbox.wait_for(subject="Undelivered")


def test_a_forged_address_of_that_kind_is_refused(stack, forwarded):
    """Without our seal it leads nowhere: nobody relays by it."""
    kind, seal, *rest = forwarded("Whose seal").sender.split("=")
    forged = "=".join([kind, "AAAA" if seal != "AAAA" else "BBBB", *rest])

    with clients.smtp(stack) as server:
        code, said = clients.envelope(server, "", forged)

    assert code == 550, said


def test_mail_between_people_keeps_its_sender(stack, alice, carol, away, sink):
    """Neither what Alice sends out, by way of an alias too, nor what stays here, is another's."""
    alice.send(to=away, subject="By way of an alias")
    carol.send(to=alice, subject="For Alice alone")

    assert sink.wait_for(subject="By way of an alias").sender == alice.address
    assert alice.inbox.wait_for(subject="For Alice alone").message["Return-Path"] == f"<{carol.address}>"


def test_one_letter_may_stay_and_go_on(stack, alice, carol, sink):
    """Each copy with the sender that is right for it."""
    stack.mailstead("account", "forward", alice.address, DORA)

    carol.send(to=alice, subject="Here and there")

    assert sink.wait_for(subject="Here and there").sender.startswith("SRS0=")
    assert alice.inbox.wait_for(subject="Here and there").message["Return-Path"] == f"<{carol.address}>"


def test_a_filter_that_redirects_forwards(alice, carol, sink):
    """Somebody's own Sieve script is no other way out."""
    alice.filter_by(f'redirect "{DORA}";\n')

    carol.send(to=alice, subject="Redirected")

    assert sink.wait_for(subject="Redirected").sender.startswith("SRS0=")


def test_a_dead_postsrsd_costs_no_letter(stack, carol, away, sink):
    """It is started again, and what could not be given a sender meanwhile has waited."""
    stack.exec("sh", "-c", "kill -KILL $(pidof postsrsd)")

    carol.send(to=away, subject="All the same")

    wait_until(lambda: stack.exec("postqueue", "-f") == "" and not stack.queue(), what="the queue to be empty")
    assert sink.wait_for(subject="All the same").sender.startswith("SRS0=")


def test_a_letter_that_has_come_round_too_often_is_refused(stack, alice, carol):
    """Fifty servers have had it: whoever sends it on is told so, and its sender gets one bounce."""
    letter = letters.write(carol.mailbox, [alice.mailbox], "Round and round", "")
    hops = b"".join(b"Received: from a.test by b.test; Tue, 01 Jan 2030 00:00:00 +0000\r\n" for _ in range(51))

    with clients.smtp(stack) as server, pytest.raises(smtplib.SMTPDataError, match="too many hops"):
        server.sendmail(carol.address, [alice.address], hops + letter)


def test_two_people_who_redirect_to_each_other_lose_nothing(alice, bob, carol, stack):
    """The letter ends in one of their mailboxes, once."""
    alice.filter_by(f'redirect "{bob.address}";\n')
    bob.filter_by(f'redirect "{alice.address}";\n')

    carol.send(to=alice, subject="To and fro")

    wait_until(lambda: alice.inbox.subjects() + bob.inbox.subjects() == ["To and fro"], what="the letter to come to rest")
    wait_until(lambda: not stack.queue(), what="the queue to be empty")
