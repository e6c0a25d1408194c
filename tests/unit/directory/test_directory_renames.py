"""Renamed accounts: what comes along, and what is known of the old address."""

import pytest
from sqlalchemy import Connection

from mailstead.directory import (
    DirectoryError,
    Place,
    accounts,
    aliases,
    app_passwords,
    change,
    domains,
    groups,
    mailboxes,
    patterns,
    renames,
    snapshot,
)
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"
ALICE, ALICIA = "alice@example.org", "alicia@example.net"
POSTMASTER = "postmaster@example.org"


def test_all_that_led_to_an_account_leads_to_its_new_address(connection: Connection):
    """Aliases, groups, expressions, catch-alls, with their details; what it had comes along; nobody else's is touched."""
    accounts.add(connection, "alice.b@example.org", HASH)
    accounts.set_senders(connection, ALICE, ["boss@example.org"])
    accounts.forward(connection, ALICE, ["a@elsewhere.example"], keeps_copy=False)
    app_passwords.add(connection, ALICE, "phone", HASH)
    aliases.add(connection, "sales@example.org", ["alice+shop@example.org", "alice.b@example.org"])
    groups.add(connection, "team@example.org", [ALICE])
    patterns.add(connection, "x.*@example.org", [ALICE])
    domains.set_catch_all(connection, "example.org", ALICE)
    before = {one.address: one for one in snapshot.read(connection).accounts}

    assert renames.rename(connection, ALICE, "Alicia@example.net", postmaster=POSTMASTER) == (ALICE, ALICIA)

    now = snapshot.read(connection)
    alicia = {one.address: one for one in now.accounts}[ALICIA]
    assert (alicia.typed, alicia.former) == ("Alicia@example.net", (ALICE,))
    assert (alicia.senders, alicia.app_passwords, alicia.keeps_copy) == (
        before[ALICE].senders, before[ALICE].app_passwords, False
    )
    assert now.aliases == {
        ALICIA: ("a@elsewhere.example",),
        "sales@example.org": ("alice.b@example.org", "alicia+shop@example.net"),
    }
    assert now.groups[0].members == now.patterns[0].targets == (ALICIA,)
    assert {one.name: one.catch_all for one in now.domains} == {"example.net": None, "example.org": ALICIA}


def test_the_old_address_may_stay_as_an_alias(connection: Connection):
    """Then it is taken; else it is free."""
    renames.rename(connection, ALICE, ALICIA, postmaster=POSTMASTER, keep_alias=True)
    assert snapshot.read(connection).aliases == {ALICE: (ALICIA,)}

    renames.rename(connection, "bob@example.org", "rob@example.org", postmaster=POSTMASTER)
    assert accounts.check_new(connection, "bob@example.org") == "bob@example.org"


def test_an_account_is_not_renamed_to_what_is_there(connection: Connection):
    """Nor to a domain that is not."""
    groups.add(connection, "team@example.org", [])
    for new, why in (("bob@example.org", "is there already"), ("team@example.org", "is a group"), ("a@example.com", "no domain")):
        with pytest.raises(DirectoryError, match=why):
            renames.rename(connection, ALICE, new, postmaster=POSTMASTER)


def test_an_account_renamed_back_was_only_the_other(connection: Connection):
    """Its own address is not a former one."""
    renames.rename(connection, ALICE, ALICIA, postmaster=POSTMASTER)
    renames.rename(connection, ALICIA, ALICE, postmaster=POSTMASTER)

    assert renames.all_former(connection) == [ALICIA]


def test_a_new_account_takes_a_former_address_over(settings: Settings, place: Place):
    """At the end of the change the link to the other's mail is gone, and the address is nobody's former one."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, ALICE, HASH)
    with change.change(settings, place) as connection:
        renames.rename(connection, ALICE, "ally@example.org", postmaster=POSTMASTER)
        mailboxes.rename(place, ALICE, "ally@example.org")
    assert (place.mail / "example.org" / "alice").is_symlink()

    with change.change(settings, place) as connection:
        accounts.add(connection, ALICE, HASH)
    assert not (place.mail / "example.org" / "alice").is_symlink()
    with change.reading(place) as connection:
        assert renames.all_former(connection) == []
