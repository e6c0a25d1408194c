"""Domains: added once, deleted when empty."""

import pytest
from sqlalchemy import Connection

from mailstead.directory import DirectoryError, accounts, aliases, domains, snapshot


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
