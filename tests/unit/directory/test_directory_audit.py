"""The audit: every change with who, when and what, and no secret."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection

from mailstead.directory import (
    DirectoryError,
    Place,
    accounts,
    aliases,
    app_passwords,
    audit,
    change,
    deleted,
    domains,
    groups,
    patterns,
    prepare,
    renames,
)
from mailstead.settings import Settings

HASH = "$y$j9T$secret$secret"
NOW = datetime(2026, 5, 1, tzinfo=UTC)
ALICE, BOB = "alice@example.org", "bob@example.org"
CHANGES: dict[str, Callable[[Connection], object]] = {
    "account add": lambda opened: accounts.add(opened, "carol@example.org", HASH, name="Carol"),
    "account passwd": lambda opened: accounts.set_password(opened, ALICE, HASH),
    "account quota": lambda opened: accounts.set_quota(opened, ALICE, 2**30),
    "account set": lambda opened: accounts.set_senders(opened, ALICE, [BOB]),
    "account forward": lambda opened: accounts.forward(opened, ALICE, [BOB], keeps_copy=True),
    "account disable": lambda opened: accounts.disable(opened, ALICE, postmaster=""),
    "account enable": lambda opened: accounts.enable(opened, ALICE),
    "account rename": lambda opened: renames.rename(opened, ALICE, "alicia@example.org", postmaster=""),
    "account delete": lambda opened: deleted.delete(opened, BOB, postmaster="", now=NOW, until=NOW + timedelta(days=1)),
    "account restore": lambda opened: deleted.restore(opened, BOB),
    "alias add": lambda opened: aliases.add(opened, "sales@example.org", [BOB]),
    "alias delete": lambda opened: aliases.delete(opened, "sales@example.org"),
    "group add": lambda opened: groups.add(opened, "team@example.org", [BOB]),
    "group delete": lambda opened: groups.delete(opened, "team@example.org", [BOB]),
    "app-password add": lambda opened: app_passwords.add(opened, BOB, "phone", HASH),
    "app-password revoke": lambda opened: app_passwords.revoke(opened, BOB, "phone"),
    "domain add": lambda opened: domains.add(opened, "example.com"),
    "domain alias": lambda opened: domains.make_alias(opened, "example.com", "example.org"),
    "domain catch-all": lambda opened: domains.set_catch_all(opened, "example.org", BOB),
    "domain limit": lambda opened: domains.set_limits(opened, "example.org", most_accounts=9),
    "domain set": lambda opened: domains.set_receives(opened, "example.net", False),
    "domain delete": lambda opened: domains.delete(opened, "example.net", settings_domains=[]),
}


def test_every_change_is_written_down(connection: Connection):
    """With who made it and its words; no word and no fact holds a hash."""
    for action, act in CHANGES.items():
        act(connection)
        entry = audit.last(connection, 1)[0]
        assert (entry.action, entry.who, entry.interface) == (action, "tester", "test")
        assert entry.words
        assert abs(datetime.now(UTC) - entry.at) < timedelta(minutes=1)
    patterns.add(connection, "x.*@example.org", [BOB])
    assert audit.last(connection, 1)[0].subject == "x.*@example.org"

    everything = json.dumps([vars(one) for one in audit.last(connection, 1000)], default=str)
    assert "secret" not in everything
    assert "$" not in everything


def test_what_changes_nothing_is_not_written_down(connection: Connection):
    """Adding what is there, for one."""
    before = audit.last(connection, 1000)
    domains.add(connection, "example.org")
    aliases.add(connection, ALICE, [ALICE])

    assert audit.last(connection, 1000) == before


def test_the_last_are_shown_oldest_first(connection: Connection):
    """As a log is read."""
    for number in range(5):
        accounts.set_quota(connection, ALICE, number + 1)

    assert [one.facts["quota"] for one in audit.last(connection, 3)] == [3, 4, 5]


def test_a_change_that_fails_leaves_no_entry(settings: Settings, place: Place):
    """It is in the same transaction."""

    def half_wrong() -> None:
        with change.change(settings, place) as connection:
            domains.add(connection, "example.org")
            accounts.add(connection, "carol@example.com", HASH)

    with pytest.raises(DirectoryError):
        half_wrong()
    with change.reading(place) as connection:
        assert audit.last(connection, 10) == []


def test_a_start_and_a_person_are_told_apart(settings: Settings, place: Place, monkeypatch: pytest.MonkeyPatch):
    """The first domains are the start's; what a person types is his, by the name the host has for him."""
    prepare.prepare(settings, place)
    monkeypatch.setenv("MAILSTEAD_ACTOR", "petra\n" + "x" * 100)
    with change.change(settings, place) as connection:
        accounts.add(connection, "alice@example.org", HASH)

    with change.reading(place) as connection:
        entries = audit.last(connection, 100)
    assert [(one.who, one.interface) for one in entries[:-1]] == [("mailstead", "start")] * 3
    assert (entries[-1].who, entries[-1].interface) == ("petra" + "x" * 59, "cli")


def test_without_a_name_of_the_host_it_is_the_unix_user(monkeypatch: pytest.MonkeyPatch):
    """Whoever runs the process, by number where there is no name."""
    monkeypatch.delenv("MAILSTEAD_ACTOR", raising=False)
    monkeypatch.setattr("os.getuid", lambda: 54321)

    assert audit.caller() == audit.Actor("uid 54321", "cli")
