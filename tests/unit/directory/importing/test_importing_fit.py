"""What was found, held against the directory: what leads nowhere or in circles, and what is somebody else's place."""

import pytest
from sqlalchemy import Connection

from mailstead.directory import accounts, aliases, domains, groups
from mailstead.importing.report import LEFT_OUT

HASH = "$6$Zz9$" + "d" * 86
ACCOUNTS = f"alice@example.org|{HASH}\ncarol@example.org|{HASH}\n"


@pytest.fixture
def declared(read, connection: Connection):
    """Read the lines of postfix-virtual.cf for alice and carol: the declaration, and what was left out."""

    def make(virtual: str, people: str = ACCOUNTS):
        done = read({"postfix-accounts.cf": people, "postfix-virtual.cf": virtual})
        return done.declared(connection), done.said(LEFT_OUT)

    return make


def person(declaration, address: str):
    """Return a declared account."""
    return next(one for one in declaration.accounts if one.address == address)


def test_an_alias_that_leads_nowhere_goes_with_all_that_lead_to_it(declared):
    """What is known stays."""
    made, left_out = declared(
        "a@example.org b@example.org,alice@example.org\nb@example.org c@example.org\nc@example.org ghost@example.org\n"
    )

    assert made.aliases == {"a@example.org": ("alice@example.org",)}
    assert [said.split()[0] for said in left_out] == [f"postfix-virtual.cf:{line}" for line in (1, 2, 3)]


def test_circles_are_cut(declared):
    """None is left, nor an alias that led to one only."""
    made, left_out = declared(
        "a@example.org b@example.org\nb@example.org a@example.org, alice@example.org\nc@example.org c@example.org\n"
    )

    assert made.aliases == {"b@example.org": ("alice@example.org",)}
    assert len(left_out) == 3


def test_an_alias_at_an_account_forwards_as_it_did(declared):
    """In Postfix it takes the place of the mailbox, unless it leads to that too."""
    made, left_out = declared("alice@example.org x@elsewhere.example\ncarol@example.org carol@example.org,x@elsewhere.example\n")

    assert not left_out
    assert (person(made, "alice@example.org").targets, person(made, "alice@example.org").keeps_copy) == (
        ("x@elsewhere.example",), False
    )
    assert (person(made, "carol@example.org").targets, person(made, "carol@example.org").keeps_copy) == (
        ("x@elsewhere.example",), True
    )
    assert made.aliases == {}


def test_an_alias_of_an_account_that_leads_nowhere_leaves_it_its_mail(declared):
    """Nobody's mail is lost for a line that is wrong."""
    made, _ = declared("alice@example.org ghost@example.org\n")

    assert (person(made, "alice@example.org").targets, person(made, "alice@example.org").keeps_copy) == ((), True)


def test_domains_are_those_with_addresses(declared):
    """Of accounts and of aliases; one that was the same as another is its alias."""
    made, left_out = declared("x@example.info alice@example.org\n@example.com @example.org\n@example.info alice@example.org\n")

    assert not left_out
    assert {one.name: (one.alias_of, one.catch_all) for one in made.domains} == {
        "example.com": ("example.org", None), "example.info": (None, "alice@example.org"), "example.org": (None, None)
    }


def test_a_domain_with_addresses_is_no_alias_of_another(declared):
    """Neither is the other one of nobody's."""
    _, left_out = declared("x@example.com alice@example.org\n@example.com @example.org\n@a.example @b.example\n")

    assert [said.split()[0] for said in left_out] == ["postfix-virtual.cf:2", "postfix-virtual.cf:3"]


def test_what_somebody_has_here_stays(declared, connection: Connection):
    """A group, an alias where an account is to be, a domain that is an alias."""
    groups.add(connection, "team@example.org", ["alice@example.org"])
    aliases.add(connection, "carol@example.org", ["alice@example.org"])
    domains.make_alias(connection, "example.com", "example.org")
    made, left_out = declared(
        "team@example.org alice@example.org\n@example.com alice@example.org\nx@example.com alice@example.org\n"
    )

    assert [one.address for one in made.accounts] == ["alice@example.org"]
    assert made.aliases == {}
    assert len(left_out) == 4


def test_what_the_other_server_does_not_say_stays_as_it_is(declared, connection: Connection):
    """A person's name, a limit set here, a password that cannot be taken."""
    accounts.set_name(connection, "alice@example.org", "Alice")
    accounts.set_quota(connection, "alice@example.org", 12345)
    accounts.disable(connection, "alice@example.org", postmaster="")
    made, _ = declared("", "alice@example.org|{PLAIN}x\n")
    alice = person(made, "alice@example.org")

    assert (alice.name, alice.quota, alice.enabled) == ("Alice", 12345, False)
    assert (alice.password_hash, alice.must_change) == (None, False)


def test_a_new_account_whose_password_cannot_be_checked_gets_a_first_one(declared):
    """Which nobody knows, and which opens nothing."""
    made, left_out = declared("", "new@example.org|{PLAIN}x\n")
    new = person(made, "new@example.org")

    assert not left_out
    assert new.must_change
    assert new.password_hash.startswith("$6$")
