"""What was read from a directory server is kept, shown and projected; nothing of it can be changed here."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from mailstead.directory import DirectoryError, Place, at, audit, change, domains, is_current, ldap, snapshot
from mailstead.directory.ldap import away, mirror
from mailstead.directory.snapshot import Account, Domain, Group, Snapshot
from mailstead.settings import Settings

SERVER = "ldap://ldap.example.org/dc=example,dc=org"


def person(address: str, **fields: object) -> Account:
    """Return an account as a directory server has it."""
    return Account(**{"address": address, "typed": address, "password_hash": "!"} | fields)


READ = Snapshot(
    counter=0,
    domains=(Domain(name="example.org"),),
    accounts=(person("alice@example.org", name="Alice", quota=5), person("bob@example.org", enabled=False)),
    aliases={"info@example.org": ("alice@example.org", "bob@example.org")},
    groups=(Group(address="team@example.org", members=("alice@example.org", "x@elsewhere.example")),),
)


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """The settings of a server whose people are in a directory server."""
    return make_settings(hostname="mail.example.org", domains="example.org", directory_url=SERVER)


@pytest.fixture
def mirrored(place: Place, settings: Settings) -> Place:
    """Where the mirror is."""
    return at(settings, place)


def test_the_mirror_is_beside_the_directory_of_ones_own(place: Place, mirrored: Place):
    """Who goes back to that one finds it as it was."""
    assert mirrored.source == SERVER
    assert mirrored.url != place.url
    assert mirrored.url.endswith(ldap.MIRROR)


@pytest.fixture
def keep(settings: Settings, mirrored: Place) -> Callable[[Snapshot], bool]:
    """Keep what was read: keep(READ); whether it was anything new."""

    def kept(now: Snapshot) -> bool:
        with change.opened(mirrored) as engine, change.transaction(engine, settings, mirrored, mirror.ACTOR) as connection:
            return mirror.put(connection, snapshot.read(connection), now, settings, SERVER)

    return kept


def stored(place: Place) -> Snapshot:
    """Return what is kept."""
    with change.reading(place) as connection:
        return snapshot.read(connection)


def test_what_was_read_is_kept_as_it_is(keep: Callable[[Snapshot], bool], mirrored: Place):
    """And counted and written down only where it is new."""
    assert keep(READ)
    assert stored(mirrored) == replace(READ, counter=1)
    assert not keep(READ)
    assert keep(replace(READ, accounts=READ.accounts[1:], aliases={}, groups=()))

    assert stored(mirrored) == replace(READ, counter=2, accounts=READ.accounts[1:], aliases={}, groups=())
    with change.reading(mirrored) as connection:
        first, second = audit.last(connection, 9)
    assert first.words == f"read from {SERVER}: 2 accounts, 2 of them new, 0 gone"
    assert (second.facts["new"], second.facts["gone"]) == ([], ["alice@example.org"])


def test_an_empty_server_does_not_empty_the_mirror(keep: Callable[[Snapshot], bool], settings: Settings, mirrored: Place):
    """Its filter or its rights have changed; nobody gives up all accounts on purpose."""
    keep(READ)

    with pytest.raises(DirectoryError, match=f"{SERVER} shows no account at all, where there were 2; everything stays as it was"):
        keep(replace(READ, accounts=(person(settings.postmaster, enabled=False),), aliases={}, groups=()))

    assert stored(mirrored) == replace(READ, counter=1)


def test_a_server_may_be_empty_at_first(keep: Callable[[Snapshot], bool]):
    """People come later."""
    assert keep(replace(READ, accounts=(), aliases={}, groups=()))


def test_nothing_is_changed_here(settings: Settings, mirrored: Place):
    """The sentence says where it can be."""
    refused = pytest.raises(DirectoryError, match=f"are read from {SERVER}; change them there")

    with refused, change.change(settings, mirrored) as connection:
        domains.add(connection, "example.net")

    assert stored(mirrored).domains == ()


def test_a_server_that_is_away_is_told_of(settings: Settings, mirrored: Place):
    """As long as the note is there."""
    mirrored.projection.mkdir(parents=True)
    away.note(mirrored, f"{SERVER} cannot be read: it sleeps")
    assert away.said(mirrored) == f"{SERVER} cannot be read: it sleeps"
    assert not is_current(settings, mirrored)

    away.clear(mirrored)
    away.clear(mirrored)
    assert away.said(mirrored) == ""
