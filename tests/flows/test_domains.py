"""Domains that are one, domains that take everything, domains that take nothing."""

import pytest

from support import clients
from support.people import Person

EVERY_WAY = set(clients.WAYS)


@pytest.fixture
def twins(stack, make_domain, make_person):
    """Alice in a domain, and the same Alice in the domain that is its alias."""
    domain, alias = make_domain(), make_domain()
    stack.mailstead("domain", "alias", alias, domain)
    alice = make_person("Alice", domain=domain, local_part="alice")
    return alice, f"alice@{alias}"


def test_mail_to_either_domain_is_in_the_one_mailbox(stack, twins, bob, carol):
    """From our people and from the world; aliases and role addresses too; who is in neither is in neither."""
    alice, twin = twins
    domain, alias = alice.mailbox.domain, twin.partition("@")[2]
    stack.mailstead("alias", "add", f"sales@{domain}", alice.address)
    stack.mailstead("domain", "set", domain, "--postmaster", alice.address)

    carol.send(to=twin, subject="From the world")
    bob.send(to=[f"Sales+Shop@{alias}"], subject="To an alias")
    carol.send(to=f"abuse@{alias}", subject="To the postmaster")

    for subject in ("From the world", "To an alias", "To the postmaster"):
        assert alice.inbox.wait_for(subject=subject)
    with clients.smtp(stack) as stranger:
        assert clients.envelope(stranger, carol.address, f"nobody@{alias}")[0] == 550


@pytest.mark.parametrize("spelled", [str, str.capitalize, str.upper])
def test_either_login_opens_the_one_mailbox(stack, twins, spelled):
    """Everywhere, in any letter case, and it is the same mail."""
    alice, twin = twins
    alice.send(to=alice, subject="A note to myself")
    alice.inbox.wait_for(subject="A note to myself")

    assert clients.opening(stack, spelled(twin), alice.password) == EVERY_WAY
    same = Person(stack, alice.mailbox, alice.password)
    same.address = spelled(twin)
    assert same.inbox.subjects() == ["A note to myself"]
    assert clients.opening(stack, twin, "a wrong one") == set()


def test_either_login_may_send_from_either_address(stack, twins, bob):
    """And from nobody else's."""
    alice, twin = twins

    for login in (alice.address, twin):
        with clients.submissions(stack) as server:
            clients.smtp_plain(server, login, alice.password)
            for sender in (alice.address, twin):
                assert clients.envelope(server, sender, bob.address)[0] == 250, (login, sender)
            assert clients.envelope(server, bob.address, alice.address)[0] == 553


def test_a_full_account_is_full_in_both_domains(stack, twins, carol):
    """Its limit is asked about under either name."""
    alice, twin = twins
    stack.mailstead("account", "quota", alice.address, "1M")

    with clients.smtp(stack) as stranger:
        for address in (alice.address, twin):
            assert clients.envelope(stranger, carol.address, address, size=3_000_000)[0] == 552, address


def test_a_catch_all_gets_what_nobody_else_gets(stack, make_domain, make_person, bob, carol):
    """Never the mail of a mailbox, an alias or a group of the domain, with or without a detail."""
    domain = make_domain()
    ann, ben, catcher = (make_person(name, domain=domain, local_part=name.lower()) for name in ("Ann", "Ben", "Catcher"))
    stack.mailstead("alias", "add", f"sales@{domain}", bob.address)
    stack.mailstead("group", "add", f"team@{domain}", "--member", ann.address, "--member", ben.address)
    stack.mailstead("domain", "catch-all", domain, catcher.address)

    for local in ("ann", "ann+detail", "sales", "team", "anything", "any.thing+else"):
        carol.send(to=f"{local}@{domain}", subject=f"To {local}")

    for reader, locals_ in ((ann, ["ann", "ann+detail", "team"]), (ben, ["team"]), (bob, ["sales"])):
        for local in locals_:
            reader.inbox.wait_for(subject=f"To {local}")
    for local in ("anything", "any.thing+else"):
        catcher.inbox.wait_for(subject=f"To {local}")
    assert sorted(catcher.inbox.subjects()) == ["To any.thing+else", "To anything"]
    assert sorted(ann.inbox.subjects()) == ["To ann", "To ann+detail", "To team"]

    stack.mailstead("domain", "catch-all", domain, "none")
    with clients.smtp(stack) as stranger:
        assert clients.envelope(stranger, carol.address, f"anything@{domain}")[0] == 550


def test_a_null_domain_takes_mail_for_its_postmaster_alone(stack, make_domain, make_person, bob, carol):
    """Everybody else is refused at the door, whoever asks; its people send all the same."""
    domain = make_domain("--null")
    sender = make_person("Newsletter", domain=domain, local_part="news")

    with clients.smtp(stack) as stranger, bob.signed_in() as ours:
        for server, writer in ((stranger, carol.address), (ours, bob.address)):
            assert clients.envelope(server, writer, sender.address)[0] == 550
            assert clients.envelope(server, writer, f"postmaster@{domain}")[0] == 250
            assert clients.envelope(server, writer, f"abuse@{domain}")[0] == 250

    sender.send(to=bob, subject="News")
    assert bob.inbox.wait_for(subject="News")
    stack.mailstead("domain", "set", domain, "--null", "no")
    bob.send(to=sender, subject="Back")
    assert sender.inbox.wait_for(subject="Back")


def test_a_domain_has_no_more_accounts_and_room_than_it_may(stack, make_domain, make_person):
    """The refusal says which limit it is, and nothing is made."""
    domain = make_domain()
    stack.mailstead("domain", "limit", domain, "--accounts", "2", "--quota", "12G")
    one = make_person("One", domain=domain, local_part="one")
    make_person("Two", domain=domain, local_part="two")

    assert "may have at most 2 accounts" in stack.attempt("mailstead", "account", "add", f"three@{domain}").output
    refused = stack.attempt("mailstead", "account", "quota", one.address, "8G").output
    assert "the accounts of" in refused
    assert "bytes together" in refused
    assert "2 of 2" in stack.mailstead("domain", "show", domain)
