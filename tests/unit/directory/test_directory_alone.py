"""The short way: a change of one account replaces its lines alone, and comes to the bytes of a whole projection."""

import contextlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from mailstead import cdb
from mailstead.directory import (
    DirectoryError,
    Place,
    accounts,
    aliases,
    app_passwords,
    change,
    domains,
    groups,
    is_current,
    patterns,
    renames,
    snapshot,
)
from mailstead.directory import project as projecting
from mailstead.settings import Settings
from support.projection import HASH

POSTMASTER = "postmaster@example.org"
DOMAINS = ("example.org", "example.net", "closed.example")
Step = Callable[[Connection, str], object]

# What the verbs do that concern one account alone: they say so, and the short way is theirs.
ALONE: dict[str, Step] = {
    "add": lambda connection, address: accounts.add(connection, address.title(), HASH),
    "first": lambda connection, address: accounts.add(connection, address, HASH, must_change=True),
    "passwd": lambda connection, address: accounts.set_password(connection, address, "$6$another"),
    "must change": lambda connection, address: accounts.set_password(connection, address, "$6$first", must_change=True),
    "small": lambda connection, address: accounts.set_quota(connection, address, 2**20),
    "default": lambda connection, address: accounts.set_quota(connection, address, None),
    "disable": lambda connection, address: accounts.disable(connection, address, postmaster=POSTMASTER),
    "enable": lambda connection, address: accounts.enable(connection, address),
    "silence": lambda connection, address: accounts.set_may_send(connection, address, False),
    "app": lambda connection, address: app_passwords.add(connection, address, "phone", "$6$app"),
    "revoke": lambda connection, address: app_passwords.revoke(connection, address, "phone"),
}
OTHERS: dict[str, Step] = {
    "quiet": lambda connection, address: None,
    "alias": lambda connection, address: aliases.add(connection, "sales@example.org", [address]),
    "abuse": lambda connection, address: aliases.add(connection, "sales@example.org", ["abuse@example.net"]),
    "forward": lambda connection, address: accounts.forward(connection, address, ["x@elsewhere.example"], keeps_copy=False),
    "group": lambda connection, address: groups.add(connection, "all@example.org", [address], post="members"),
    "pattern": lambda connection, address: patterns.add(connection, "a.*@example.net", [address]),
    "senders": lambda connection, address: accounts.set_senders(connection, address, ["ann@example.org", "zoe@example.net"]),
    "rename": lambda connection, address: renames.rename(connection, address, f"n{address}", postmaster=POSTMASTER),
    "catch-all": lambda connection, address: domains.set_catch_all(connection, "example.net", address),
}
LOCAL = st.sampled_from(["ann", "anna", "ann-b", "zoe", "abuse", "postmaster", "nann", "nzoe"])
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", LOCAL, st.sampled_from(DOMAINS))
STEPS = st.lists(st.tuples(st.sampled_from([*ALONE, *ALONE, *OTHERS]), ADDRESS), min_size=4, max_size=12)


@pytest.fixture
def village(settings: Settings, place: Place) -> Place:
    """A projected directory with three domains: one has an alias, one receives no mail. Three people live there."""
    return made(settings, place)


def made(settings: Settings, place: Place) -> Place:
    """Make that directory at a place."""
    with change.change(settings, place) as connection:
        for name in DOMAINS:
            domains.add(connection, name, receives=name != "closed.example")
        domains.make_alias(connection, "example.com", "example.org")
        for address in ("Bob@example.org", "eve@example.net", POSTMASTER):
            accounts.add(connection, address, HASH)
    return place


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(STEPS)
def test_the_short_way_comes_to_the_bytes_of_the_long_one(settings: Settings, place: Place, steps: list[tuple[str, str]]):
    """After each of many changes, of one account or of what leads to it, every file is as if it had been made whole."""
    with TemporaryDirectory() as folder:
        state = Path(folder)
        here = replace(place, url=f"sqlite:///{state}/directory.sqlite", projection=state / "projection", mail=state / "mail")
        made(settings, here)
        for name, address in steps:
            do(settings, here, name, address)
            assert is_current(settings, here)
            assert is_whole(settings, here), (name, address)


def do(settings: Settings, place: Place, name: str, address: str) -> None:
    """Make one change, as the verbs make it; where the directory refuses, nothing happens."""
    of = address if name in ALONE else None
    with contextlib.suppress(DirectoryError), change.change(settings, place, of=of) as connection:
        (ALONE | OTHERS)[name](connection, address)


def is_whole(settings: Settings, place: Place) -> bool:
    """Whether each file has the bytes, and each compiled table the entries, of a projection made of all that is stored."""
    with change.reading(place) as connection:
        tree = projecting.project(snapshot.read(connection), settings, place.projection)
    return all((place.projection / path.rpartition("/")[2]).read_text() == file.text for path, file in tree.items()) and all(
        looked_up(place, name) for name in projecting.TABLES
    )


def looked_up(place: Place, name: str) -> bool:
    """Whether a compiled table has what its text says."""
    text, database = (place.projection / name).read_text(), (place.projection / f"{name}.cdb").read_bytes()
    entries = dict(line.split(" ", 1) for line in text.splitlines())
    return {key: cdb.value(database, key) for key in entries} == entries and len(database) == len(cdb.compiled(text))


@pytest.mark.parametrize(
    ("before", "whose", "address"),
    [
        ("quiet", "bob", "abuse@example.net"),
        ("abuse", "bob", "abuse@example.net"),
        ("senders", "bob", "ann@example.org"),
        ("rename", "bob", "bob@example.org"),
    ],
)
def test_a_new_account_that_something_leads_to(settings: Settings, village: Place, before: str, whose: str, address: str):
    """A role's address, one that an alias leads to, one that another sends as, one that another had: the rest of it follows."""
    do(settings, village, before, f"{whose}@example.org")
    do(settings, village, "add", address)

    assert f"{address} {address}" in (village.projection / "addresses").read_text().splitlines()
    assert is_whole(settings, village)


def test_the_postmaster_comes_last(settings: Settings, village: Place):
    """Until he has an account, the roles lead to an address nobody owns; then he may send as them."""
    other = replace(settings, postmaster="ann@example.net")
    change.reproject(other, village)
    do(other, village, "add", "ann@example.net")

    assert "abuse@example.org ann@example.net" in (village.projection / "senders").read_text().splitlines()
    assert is_whole(other, village)


def test_a_renamed_account_is_still_known_by_its_old_name(settings: Settings, village: Place):
    """What else a renamed account is called stays with it, and goes when it is another's."""
    do(settings, village, "rename", "bob@example.org")
    do(settings, village, "small", "nbob@example.org")
    assert is_whole(settings, village)

    do(settings, village, "add", "bob@example.org")
    do(settings, village, "passwd", "nbob@example.org")
    assert is_whole(settings, village)


def test_nobody_else_is_looked_at(settings: Settings, village: Place, monkeypatch: pytest.MonkeyPatch):
    """A change of one account reads no other, however many there are."""
    monkeypatch.setattr(snapshot, "read", None)
    for name, step in ALONE.items():
        if name != "first":
            with change.change(settings, village, of="Zoe@Example.org") as connection:
                step(connection, "zoe@example.org")
    with change.change(settings, village, of="anna@example.net") as connection:
        ALONE["first"](connection, "anna@example.net")
    monkeypatch.undo()

    assert is_current(settings, village)
    assert is_whole(settings, village)


def test_what_was_not_shown_yet_is_shown_by_the_next_change(settings: Settings, village: Place):
    """A change whose projection was cut off is not left out by the short way of the next one."""
    (village.projection / "counter").unlink()
    before = (village.projection / "passwd").read_bytes()
    (village.projection / "passwd").write_bytes(b"")

    do(settings, village, "passwd", "bob@example.org")

    assert is_whole(settings, village)
    assert len((village.projection / "passwd").read_bytes()) == len(before) - len(HASH) + len("$6$another")


def test_a_projection_of_another_form_leaves_nothing(settings: Settings, village: Place):
    """Files that are no longer projected held hashes: they go when all is projected anew, and only then."""
    (village.projection / "send").write_text(f"bob@example.org:{HASH}\n")
    do(settings, village, "passwd", "bob@example.org")
    assert (village.projection / "send").exists()

    change.reproject(replace(settings, hostname="mx.example.org"), village)
    assert not (village.projection / "send").exists()
    assert is_whole(replace(settings, hostname="mx.example.org"), village)
