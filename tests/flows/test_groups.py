"""Addresses of many: who gets the mail, and who may write."""

import uuid

import pytest

from support import clients
from support.wait import wait_until


@pytest.fixture
def make_group(stack):
    """Make a group: make_group(alice, bob, "--post", "members"); return its address."""

    def make(*words: object) -> str:
        address = f"group-{uuid.uuid4().hex[:6]}@example.test"
        options = [word for word in words if isinstance(word, str)]
        members = [part for one in words if not isinstance(one, str) for part in ("--member", one.address)]
        stack.mailstead("group", "add", address, *members, *options)
        return address

    return make


def test_mail_to_a_group_reaches_every_member_once(alice, bob, carol, make_group, make_person):
    """Here, elsewhere, and in a group in the group, however often somebody is in."""
    inner = make_group(alice, bob)
    outer = make_group(alice, carol, "--member", inner)
    dan = make_person("Dan")

    dan.send(to=outer, subject="To all of you")

    for member in (alice, bob, carol):
        assert member.inbox.wait_for(subject="To all of you")
    assert alice.inbox.subjects() == bob.inbox.subjects() == ["To all of you"]
    assert len(carol.inbox.letters()) == 1


def test_a_group_may_not_lead_back_to_itself(stack, alice, make_group):
    """The refusal names the way."""
    inner = make_group(alice)
    outer = make_group("--member", inner)

    ran = stack.attempt("mailstead", "group", "add", inner, "--member", outer)

    assert ran.status != 0
    assert f"mail for {inner} would come back to it by way of {outer}" in ran.output


def test_anyone_may_write_to_an_open_group(stack, alice, carol, make_group):
    """Strangers too; nothing of ours is asked."""
    group = make_group(alice)
    carol.send(to=group, subject="From a stranger")

    assert alice.inbox.wait_for(subject="From a stranger")
    assert not _asked(stack, group)


def _asked(stack, group):
    return [line for line in "".join(stack.logs().values()).splitlines() if "may write to" in line and group in line]


def test_only_people_of_the_domain_who_have_signed_in_write_to_its_group(stack, alice, bob, carol, make_group, make_person):
    """A stranger who shows one of our addresses is a stranger; another domain on this server is another domain."""
    group = make_group(alice, "--post", "domain")
    other = make_person("Otto", domain="other.test")

    with clients.smtp(stack) as stranger, other.signed_in() as from_other:
        refusals = [
            clients.envelope(stranger, carol.address, group),
            clients.envelope(stranger, bob.address, group),
            clients.envelope(from_other, other.address, group),
        ]
    assert {code for code, _ in refusals} == {550}
    assert all(f"only people of example.test who have signed in may write to {group}" in said for _, said in refusals)

    bob.send(to=group, subject="From a colleague")
    assert alice.inbox.wait_for(subject="From a colleague")


def test_only_members_write_to_a_members_group(stack, alice, bob, carol, outside, make_group):
    """Those elsewhere by their address, ours by their password; an alias of the group is no way around."""
    group = make_group(alice, carol, "--post", "members")
    alias = group.replace("group", "alias")
    stack.mailstead("alias", "add", alias, group)
    stranger = outside.person("sam")

    carol.send(to=group, subject="From a member elsewhere")
    alice.send(to=alias, subject="From a member here")
    for subject in ("From a member elsewhere", "From a member here"):
        assert alice.inbox.wait_for(subject=subject)
    with clients.smtp(stack) as server, bob.signed_in() as ours:
        for address in (group, alias):
            assert clients.envelope(server, stranger.address, address)[0] == 550
            assert clients.envelope(server, alice.address, address)[0] == 550
            assert clients.envelope(ours, bob.address, address)[0] == 550


def test_who_may_write_changes_at_once(stack, alice, bob, make_group):
    """For the next connection: members come and go, the rule changes."""
    group = make_group(alice, "--post", "members")
    assert _reply(group, bob) == 550
    stack.mailstead("group", "add", group, "--member", bob.address)
    assert _reply(group, bob) == 250
    stack.mailstead("group", "delete", group, "--member", bob.address)
    assert _reply(group, bob) == 550
    stack.mailstead("group", "add", group, "--post", "anyone")
    assert _reply(group, bob) == 250


def _reply(group, writer):
    with writer.signed_in() as server:
        return clients.envelope(server, writer.address, group)[0]


def test_a_question_that_cannot_be_answered_puts_mail_off(stack, alice, bob, make_group):
    """Never a refusal for good: the sender tries again, and then it arrives."""
    group = make_group(alice, "--post", "members")
    table = "/var/lib/mailstead/projection/posting.cdb"
    stack.exec("mv", table, f"{table}.away")
    try:
        assert _reply(group, alice) == 451
        assert _reply(alice.address, bob) == 250
    finally:
        stack.exec("mv", f"{table}.away", table)
    assert wait_until(lambda: _reply(group, alice) == 250, what="the group to take mail again")


def test_letters_to_a_group_may_carry_its_headers(stack, alice, bob, carol, make_group):
    """Wherever they come from; others get none."""
    group = make_group(alice, "--list-id", "yes", "--reply-to", "answers@example.test")
    carol.send(to=group, subject="To the list")
    bob.send(to=group, subject="To the list by us")
    bob.send(to=alice, subject="To Alice")

    for subject in ("To the list", "To the list by us"):
        letter = alice.inbox.wait_for(subject=subject)
        assert letter.message["List-Id"] == f"<{group.replace('@', '.')}>"
        assert letter.message["Reply-To"] == "answers@example.test"
    assert alice.inbox.wait_for(subject="To Alice").message["List-Id"] is None
