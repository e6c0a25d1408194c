"""Accounts that get another address, go, and come back; their mail comes along."""

import threading

import pytest

from support import clients, letters
from support.people import Person
from support.wait import wait_until

EVERY_WAY = set(clients.WAYS)
SCRIPT = 'require ["fileinto", "mailbox"]; if header :contains "Subject" "Bill" { fileinto :create "Bills"; }'


def renamed(stack, person, new, *options):
    """Give a person another address; return them under it."""
    stack.mailstead("account", "rename", person.address, new, *options)
    mailbox = letters.addresses(new)[0]
    return Person(stack, mailbox, person.password)


def test_a_renamed_account_keeps_its_mail_and_its_filters(stack, alice, bob):
    """Its password opens it under the new name alone, and what led to the old name leads to the new one."""
    alice.filter_by(SCRIPT)
    bob.send(to=alice, subject="From before")
    alice.inbox.wait_for(subject="From before")
    sales = f"sales-{alice.mailbox.username}@example.test"
    stack.mailstead("alias", "add", sales, alice.address)

    alicia = renamed(stack, alice, f"alicia-{alice.mailbox.username}@other.test")

    assert clients.opening(stack, alicia.address, alice.password) == EVERY_WAY
    assert clients.opening(stack, alice.address, alice.password) == set()
    bob.send(to=sales, subject="Bill of May")
    assert alicia.inbox.wait_for(subject="Bill of May", folder="Bills")
    assert alicia.inbox.subjects() == ["From before"]
    with bob.signed_in() as server:
        assert clients.envelope(server, bob.address, alice.address)[0] == 550


def test_the_old_address_may_go_on_as_an_alias(stack, alice, bob):
    """Mail to it arrives, and its owner may send as it."""
    alicia = renamed(stack, alice, f"alicia-{alice.address}", "--keep-alias")

    bob.send(to=alice.address, subject="To the old name")
    assert alicia.inbox.wait_for(subject="To the old name")
    with alicia.signed_in() as server:
        assert clients.envelope(server, alice.address, bob.address)[0] == 250


def test_somebody_new_may_get_the_old_address(stack, alice, bob, make_person):
    """With a mailbox of their own, from the first letter on."""
    bob.send(to=alice, subject="To the first Alice")
    alice.inbox.wait_for(subject="To the first Alice")
    alicia = renamed(stack, alice, f"alicia-{alice.address}")

    second = make_person("Alice", local_part=alice.mailbox.username)
    bob.send(to=second, subject="To the second Alice")

    assert second.inbox.wait_for(subject="To the second Alice")
    assert second.inbox.subjects() == ["To the second Alice"]
    assert alicia.inbox.subjects() == ["To the first Alice"]


def test_mail_that_waits_in_the_queue_arrives_under_the_new_name(stack, alice, bob):
    """It was taken for the old address, which is no alias now; it is not bounced."""
    stack.mailstead("account", "quota", alice.address, "1M")
    bob.send_hiding_its_size(alice, "Waits")
    waiting = wait_until(stack.deferred, what="the letter to wait")

    alicia = renamed(stack, alice, f"alicia-{alice.address}")
    stack.mailstead("account", "quota", alicia.address, "10M")
    for queue_id in waiting:
        stack.exec("postqueue", "-i", queue_id)

    assert alicia.inbox.wait_for(subject="Waits")
    assert bob.inbox.subjects() == []


def test_no_letter_is_lost_while_an_account_is_renamed(stack, make_person, bob):
    """Letters to the old address arrive without a stop: every one is taken, none is put off, all are in the one mailbox."""
    person = make_person("Rena")
    count, renames = 400, 4
    replies, halfway = [], threading.Event()

    def writes() -> None:
        # The first address stays good to the end: each rename leaves an alias.
        with bob.signed_in() as server:
            for number in range(count):
                letter = letters.write(bob.mailbox, letters.addresses(first), f"Letter {number}", "x")
                server.mail(bob.address)
                replies.append(server.rcpt(first)[0])
                replies.append(server.data(letter)[0])
                halfway.set()

    first = person.address
    writing = threading.Thread(target=writes)
    writing.start()
    assert halfway.wait(30)
    for number in range(renames):
        person = renamed(stack, person, f"rena-{number}-{first}", "--keep-alias")
    writing.join(120)

    assert set(replies) == {250}
    wait_until(lambda: len(person.inbox.subjects()) == count, within=60, what=f"all {count} letters to be in the mailbox")
    assert sorted(person.inbox.subjects()) == sorted(f"Letter {number}" for number in range(count))
    assert bob.inbox.subjects() == []


def test_a_deleted_account_comes_back_with_all_it_had(stack, alice, bob, carol):
    """Meanwhile its mail is refused and nobody signs in; afterwards it is as if nothing had happened."""
    alice.filter_by(SCRIPT)
    bob.send(to=alice, subject="From before")
    alice.inbox.wait_for(subject="From before")

    stack.mailstead("account", "delete", alice.address)
    assert clients.opening(stack, alice.address, alice.password) == set()
    with clients.smtp(stack) as stranger:
        assert clients.envelope(stranger, carol.address, alice.address)[0] == 550

    stack.mailstead("account", "restore", alice.address)
    bob.send(to=alice, subject="Bill of June")
    assert alice.inbox.wait_for(subject="Bill of June", folder="Bills")
    assert alice.inbox.subjects() == ["From before"]


def test_whoever_gets_a_deleted_accounts_address_finds_nothing(stack, alice, bob, make_person):
    """The mail is kept for the one who had it, elsewhere."""
    bob.send(to=alice, subject="A secret")
    alice.inbox.wait_for(subject="A secret")
    stack.mailstead("account", "delete", alice.address)

    second = make_person("Alice", local_part=alice.mailbox.username)

    assert second.inbox.subjects() == []
    assert alice.address in stack.mailstead("account", "list", "--deleted")


@pytest.mark.parametrize("options", [("--keep-mail", "0", "--yes")])
def test_mail_that_shall_not_be_kept_is_gone_at_once(stack, alice, bob, options):
    """Nothing of it is on the disk."""
    bob.send(to=alice, subject="A secret")
    alice.inbox.wait_for(subject="A secret")

    stack.mailstead("account", "delete", alice.address, *options)

    assert stack.exec("find", "/var/mail", "-path", f"*{alice.mailbox.username}*") == ""
