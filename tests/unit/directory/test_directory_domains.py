"""Domains: added once, deleted when empty."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from mailstead.directory import (
    DirectoryError,
    Place,
    accounts,
    aliases,
    change,
    deleted,
    domains,
    groups,
    patterns,
    snapshot,
)
from mailstead.directory.links import Loss
from mailstead.directory.snapshot import Domain
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"


def named(connection: Connection) -> list[str]:
    """Return the names of the domains."""
    return [one.name for one in snapshot.read(connection).domains]


def test_a_domain_is_kept_in_lower_case_and_added_once(connection: Connection):
    """Adding one that is there changes nothing, and says so."""
    assert domains.add(connection, "Example.COM") is True
    assert domains.add(connection, "example.com") is False
    assert named(connection) == ["example.com", "example.net", "example.org"]


@pytest.mark.parametrize("text", ["", "example", "a..b", "exa mple.org", "example.org\nexample.net", "müller.example", "1.2.3.4"])
def test_what_is_no_domain_is_refused(connection: Connection, text: str):
    """The sentence says what is allowed."""
    with pytest.raises(DirectoryError, match="is not accepted; allowed: a domain name such as"):
        domains.add(connection, text)


def test_an_empty_domain_can_be_deleted(connection: Connection):
    """Its name comes back in the one form everything stores."""
    assert domains.delete(connection, "Example.NET", settings_domains=["example.org"]) == "example.net"
    assert named(connection) == ["example.org"]


def test_a_domain_with_accounts_is_not_deleted(connection: Connection):
    """The refusal names them, and what to type."""
    with pytest.raises(DirectoryError, match=r"alice@example\.org, bob@example\.org.*mailstead account delete"):
        domains.delete(connection, "example.org", settings_domains=[])


def test_a_domain_with_aliases_is_not_deleted(connection: Connection):
    """The refusal names each alias once."""
    aliases.add(connection, "sales@example.net", ["alice@example.org", "bob@example.org"])

    with pytest.raises(DirectoryError, match=r"still has sales@example\.net; .*mailstead alias delete"):
        domains.delete(connection, "example.net", settings_domains=[])


def test_a_domain_with_groups_or_expressions_is_not_deleted(connection: Connection):
    """The refusal says what to type."""
    groups.add(connection, "team@example.net", [])
    with pytest.raises(DirectoryError, match=r"still has team@example\.net; .*mailstead group delete"):
        domains.delete(connection, "example.net", settings_domains=[])

    groups.delete(connection, "team@example.net")
    patterns.add(connection, "x.*@example.net", ["alice@example.org"])
    with pytest.raises(DirectoryError, match=r"still has x\.\*@example\.net; .*mailstead alias delete --regexp"):
        domains.delete(connection, "example.net", settings_domains=[])


def test_a_domain_the_settings_name_is_not_deleted(connection: Connection):
    """The next start would only add it again."""
    with pytest.raises(DirectoryError, match=r"MAIL_DOMAINS names example\.net"):
        domains.delete(connection, "example.net", settings_domains=["example.net"])


def test_a_domain_that_is_not_there_cannot_be_deleted(connection: Connection):
    """A misspelt name is told, not passed over."""
    with pytest.raises(DirectoryError, match="mailstead domain list"):
        domains.delete(connection, "example.ogr", settings_domains=[])


def test_nobody_lives_in_a_domain_that_is_not_there(connection: Connection):
    """Neither an account nor an alias; the refusal says how to add the domain."""
    for add in (accounts.check_new, lambda opened, text: aliases.add(opened, text, ["alice@example.org"])):
        with pytest.raises(DirectoryError, match=r"mailstead domain add example\.com"):
            add(connection, "carol@example.com")


def domain(connection: Connection, name: str) -> Domain:
    """Return a domain."""
    (found,) = [one for one in snapshot.read(connection).domains if one.name == name]
    return found


def test_a_domain_becomes_the_alias_of_another(connection: Connection):
    """A new one, or one that is there and empty; what it had set for itself is the other's from now on."""
    domains.set_limits(connection, "example.net", most_accounts=3)

    assert domains.make_alias(connection, "Example.COM", "example.org") == "example.com"
    assert domains.make_alias(connection, "example.net", "example.org") == "example.net"
    assert domain(connection, "example.com") == Domain(name="example.com", alias_of="example.org")
    assert domain(connection, "example.net") == Domain(name="example.net", alias_of="example.org")


@pytest.mark.parametrize(
    ("alias", "of", "why"),
    [
        ("example.org", "example.net", "still has alice@example"),
        ("example.com", "example.com", "there is no domain"),
        ("example.net", "example.net", "alias of itself"),
        ("example.info", "example.com", "there is no domain"),
        ("mail example", "example.org", "is not accepted"),
    ],
)
def test_a_domain_that_cannot_be_an_alias_is_told_why(connection: Connection, alias: str, of: str, why: str):
    """And stays as it is."""
    before = snapshot.read(connection)

    with pytest.raises(DirectoryError, match=why):
        domains.make_alias(connection, alias, of)
    assert snapshot.read(connection) == before


def test_an_alias_has_no_alias_and_nothing_of_its_own(connection: Connection):
    """One step only; what is made in the domain is there."""
    domains.make_alias(connection, "example.com", "example.org")
    for act in (
        lambda: domains.make_alias(connection, "example.info", "example.com"),
        lambda: accounts.check_new(connection, "carol@example.com"),
        lambda: groups.add(connection, "team@example.com", []),
        lambda: domains.set_catch_all(connection, "example.com", "alice@example.org"),
    ):
        with pytest.raises(DirectoryError, match=r"example\.com is an alias of example\.org"):
            act()


def test_a_domain_that_has_an_alias_is_not_deleted(connection: Connection):
    """The refusal names it."""
    domains.make_alias(connection, "example.com", "example.net")

    with pytest.raises(DirectoryError, match=r"still has the alias example\.com; .*mailstead domain delete"):
        domains.delete(connection, "example.net", settings_domains=[])


def test_a_domain_something_leads_to_is_made_no_alias(connection: Connection):
    """Until now that address was elsewhere: which one is meant must be said."""
    aliases.add(connection, "sales@example.org", ["carol@example.com"])

    with pytest.raises(DirectoryError, match=r"leads to carol@example\.com already"):
        domains.make_alias(connection, "example.com", "example.org")


def test_a_catch_all_and_a_postmaster_lead_to_what_is_there(connection: Connection):
    """Or elsewhere; None takes them back. Whoever goes takes them along, and that is told."""
    domains.set_catch_all(connection, "example.net", "Alice@example.org")
    domains.set_postmaster(connection, "example.net", "alice+net@example.org")
    assert domain(connection, "example.net") == Domain(
        name="example.net", catch_all="alice@example.org", postmaster="alice+net@example.org"
    )
    with pytest.raises(DirectoryError, match="add it first"):
        domains.set_catch_all(connection, "example.net", "nobody@example.org")

    _, losses = deleted.delete(connection, "alice@example.org", postmaster="", now=datetime.now(UTC), until=None)
    assert losses == (
        Loss("@example.net", "alice@example.org", gone=True),
        Loss("postmaster@example.net", "alice+net@example.org", gone=True),
    )
    assert domain(connection, "example.net") == Domain(name="example.net")


@pytest.mark.parametrize("value", [0, -1, 2**63])
def test_a_limit_that_is_none_is_refused(connection: Connection, value: int):
    """From one on."""
    for name in ("most_accounts", "total_quota"):
        with pytest.raises(DirectoryError, match=f"{value} is no limit"):
            domains.set_limits(connection, "example.org", **{name: value})


def test_limits_hold_at_the_end_of_each_change(settings: Settings, place: Place):
    """Whatever made the change; an account without a quota of its own counts as the default."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        domains.set_limits(connection, "example.org", most_accounts=2, total_quota=settings.quota + 1000)
        accounts.add(connection, "alice@example.org", HASH)
        accounts.add(connection, "bob@example.org", HASH, quota=1000)

    for act, why in (
        (lambda opened: accounts.add(opened, "carol@example.org", HASH, quota=1), "at most 2 accounts; this would make 3"),
        (lambda opened: accounts.set_quota(opened, "bob@example.org", 1001), "bytes together; this would make"),
        (lambda opened: domains.set_limits(opened, "example.org", most_accounts=1), "at most 1 accounts"),
    ):
        with pytest.raises(DirectoryError, match=why), change.change(settings, place) as connection:
            act(connection)


def test_a_domain_without_accounts_uses_nothing_of_its_limit(settings: Settings, place: Place):
    """However much smaller than the default quota it is."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        domains.set_limits(connection, "example.org", total_quota=1000)

    with change.change(settings, place) as connection:
        accounts.add(connection, "alice@example.org", HASH, quota=1000)


def test_a_limit_that_is_exceeded_keeps_nobody_from_other_changes(settings: Settings, place: Place):
    """A larger default makes every account larger; what is more already may become less, and not still more."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        domains.set_limits(connection, "example.org", total_quota=settings.quota)
        accounts.add(connection, "alice@example.org", HASH)

    larger = replace(settings, quota=2 * settings.quota)
    with change.change(larger, place) as connection:
        domains.add(connection, "example.net")
    with pytest.raises(DirectoryError, match="bytes together"), change.change(larger, place) as connection:
        accounts.add(connection, "bob@example.org", HASH, quota=1)
    with change.change(larger, place) as connection:
        accounts.set_quota(connection, "alice@example.org", settings.quota)
