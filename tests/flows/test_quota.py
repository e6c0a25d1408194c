"""An account that is full says so while the letter is still the sender's."""

import os

from support import clients
from support.wait import wait_until

BIG = 1_000_000  # bytes; one such attachment fits into 2 MiB, two do not


def test_a_full_account_refuses_at_the_door(stack, alice, bob, carol):
    """A letter that does not fit is refused at RCPT, to strangers and to our own people, and nothing is bounced."""
    stack.mailstead("account", "quota", alice.address, "2M")
    carol.send(to=alice, subject="The first fits", attachment=os.urandom(BIG))
    alice.inbox.wait_for(subject="The first fits")

    with clients.smtp(stack) as stranger, bob.signed_in() as ours:
        to_a_stranger = clients.envelope(stranger, carol.address, alice.address, size=BIG * 4 // 3)
        to_bob = clients.envelope(ours, bob.address, alice.address, size=BIG * 4 // 3)

    assert to_a_stranger[0] == to_bob[0] == 552, (to_a_stranger, to_bob)
    assert not stack.queue()
    assert bob.inbox.subjects() == []
    assert carol.inbox.letters() == []


def test_a_small_letter_still_fits(stack, alice, bob):
    """What is left of the room can be used."""
    stack.mailstead("account", "quota", alice.address, "2M")
    bob.send(to=alice, subject="The first fits", attachment=os.urandom(BIG))

    bob.send(to=alice, subject="A word")

    assert alice.inbox.wait_for(subject="A word")


def test_more_room_lets_mail_in_at_once(stack, alice, bob):
    """A raised limit holds for the very next letter."""
    stack.mailstead("account", "quota", alice.address, "1M")
    with bob.signed_in() as server:
        assert clients.envelope(server, bob.address, alice.address, size=2 * BIG)[0] == 552

    stack.mailstead("account", "quota", alice.address, "10M")
    bob.send(to=alice, subject="Now it fits", attachment=os.urandom(BIG))

    assert alice.inbox.wait_for(subject="Now it fits")


def test_a_letter_that_hides_its_size_waits_for_room(stack, alice, bob):
    """A letter taken without a size that turns out not to fit stays in the queue, and arrives once there is room."""
    stack.mailstead("account", "quota", alice.address, "1M")
    bob.send_hiding_its_size(alice, "Too much")
    waiting = wait_until(stack.deferred, what="the letter to wait")
    assert bob.inbox.subjects() == []

    stack.mailstead("account", "quota", alice.address, "10M")
    for queue_id in waiting:
        stack.exec("postqueue", "-i", queue_id)

    assert alice.inbox.wait_for(subject="Too much")


def test_a_large_account_is_asked_about_once_it_is_nearly_full(make_stack, make_person):
    """Nobody asks for each letter whether it fits; the one that does not is refused all the same, until room is made."""
    stack = make_stack(MAIL_MESSAGE_SIZE_LIMIT="100K", MAIL_QUOTA="1100K")
    rita, bob = make_person("Rita", stack=stack), make_person("Bob", stack=stack)
    assert rita.address not in stack.exec("cat", "/var/lib/mailstead/projection/small_quotas")

    for number in range(14):
        bob.send(to=rita, subject=f"Letter {number}", attachment=os.urandom(57_000))
        rita.inbox.wait_for(subject=f"Letter {number}")
    wait_until(lambda: rita.address in nearly_full(stack), what="the mailbox to count as nearly full")
    with bob.signed_in() as server:
        assert clients.envelope(server, bob.address, rita.address, size=100_000)[0] == 552

    with rita.inbox.imap() as mailbox:
        mailbox.store("1:5", "+FLAGS", "\\Deleted")
        mailbox.expunge()
    wait_until(lambda: rita.address not in nearly_full(stack), what="the mailbox to have room")
    bob.send(to=rita, subject="Welcome", attachment=os.urandom(57_000))
    assert rita.inbox.wait_for(subject="Welcome")


def nearly_full(stack) -> str:
    """Return the table of the mailboxes Postfix asks about."""
    return stack.exec("cat", "/var/lib/mailstead/quota/nearly_full")
