"""Accounts: made, changed, disabled, deleted."""

import functools
from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from mailstead.directory import DirectoryError, accounts, aliases, app_passwords, deleted, domains, groups, renames, snapshot
from mailstead.directory.links import Loss
from mailstead.directory.snapshot import Account

HASH = "$y$j9T$abc$def"
OTHER = "$6$salt$hash"
POSTMASTER = "postmaster@example.org"
NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


def account(connection: Connection, address: str) -> Account:
    """Return the account at an address."""
    (found,) = [one for one in snapshot.read(connection).accounts if one.address == address]
    return found


def test_an_account_keeps_its_address_in_lower_case_and_as_typed(connection: Connection):
    """The one is looked up, the other is what its owner may type again."""
    assert accounts.add(connection, "Carol@Example.org", HASH, quota=2**30) == "carol@example.org"
    assert account(connection, "carol@example.org") == Account(
        address="carol@example.org", typed="Carol@Example.org", password_hash=HASH, quota=2**30, enabled=True
    )


def test_the_same_local_part_in_two_domains_is_two_people(connection: Connection):
    """Neither is taken for the other."""
    accounts.add(connection, "alice@example.net", OTHER)

    assert account(connection, "alice@example.net").password_hash == OTHER
    assert account(connection, "alice@example.org").password_hash != OTHER


@pytest.mark.parametrize("address", ["alice@example.org", "ALICE@example.org"])
def test_an_account_is_not_made_twice(connection: Connection, address: str):
    """The refusal says how to set a password, which is most likely what was meant."""
    with pytest.raises(DirectoryError, match=r"mailstead account passwd alice@example\.org"):
        accounts.add(connection, address, HASH)


def test_an_account_is_not_made_where_an_alias_is(connection: Connection):
    """Mail would go to one of them only."""
    aliases.add(connection, "sales@example.org", ["alice@example.org"])

    with pytest.raises(DirectoryError, match=r"is an alias; .*mailstead alias delete sales@example\.org"):
        accounts.add(connection, "sales@example.org", HASH)


@pytest.mark.parametrize(
    "text",
    [
        *("", "alice", "@example.org", "a b@example.org", "../../etc@example.org", "a/b@example.org", "alice+x@example.org"),
        *(".hidden@example.org", "a..b@example.org", "alice@example.org\n", "a:b@example.org", "al\x00ice@example.org"),
    ],
)
def test_what_is_no_address_is_refused(connection: Connection, text: str):
    """The sentence says what is allowed."""
    with pytest.raises(DirectoryError, match="is not accepted; allowed: an address such as"):
        accounts.add(connection, text, HASH)


@pytest.mark.parametrize("text", ["", "secret", "{SHA512-CRYPT}$6$salt$hash", "$6$a:b", "$6$a\nroot:x", "!"])
def test_only_a_bare_crypt_hash_is_kept(connection: Connection, text: str):
    """PAM knows no {SCHEME}; a colon or a line break would make another entry; a password in clear is no hash."""
    with pytest.raises(DirectoryError, match="bare crypt"):
        accounts.add(connection, "carol@example.org", text)


@pytest.mark.parametrize("quota", [0, -1, 2**63])
def test_a_quota_that_is_no_size_is_refused(connection: Connection, quota: int):
    """From one byte to what a database can count."""
    with pytest.raises(DirectoryError, match="a quota is from 1"):
        accounts.set_quota(connection, "alice@example.org", quota)


def test_password_and_quota_can_be_changed(connection: Connection):
    """Each leaves the rest as it is; None is the settings' default."""
    accounts.set_password(connection, "Alice@example.org", OTHER)
    accounts.set_quota(connection, "alice@example.org", 10)
    assert account(connection, "alice@example.org").password_hash == OTHER
    assert account(connection, "alice@example.org").quota == 10

    accounts.set_quota(connection, "alice@example.org", None)
    assert account(connection, "alice@example.org").quota is None


def test_an_account_can_be_disabled_and_enabled_again(connection: Connection):
    """Its password comes back with it. Twice is the same as once."""
    before = account(connection, "alice@example.org")

    for _ in range(2):
        accounts.disable(connection, "alice@example.org", postmaster=POSTMASTER)
    assert account(connection, "alice@example.org").enabled is False

    accounts.enable(connection, "alice@example.org")
    assert account(connection, "alice@example.org") == before


def test_the_postmaster_stays(connection: Connection):
    """Nobody else reads what is written to postmaster and abuse; the refusal says what to change first."""
    for verb in (accounts.disable, functools.partial(deleted.delete, now=NOW, until=None)):
        with pytest.raises(DirectoryError, match="name another in MAIL_POSTMASTER first"):
            verb(connection, "Alice@example.org", postmaster="alice@example.org")


def test_a_deleted_account_is_nobodys_target_any_more(connection: Connection):
    """The aliases that lost it are told, and those that had no other target go, and what led to those."""
    aliases.add(connection, "sales@example.org", ["alice+shop@example.org", "bob@example.org"])
    aliases.add(connection, "owner@example.org", ["alice@example.org"])
    aliases.add(connection, "boss@example.org", ["owner@example.org"])

    assert deleted.delete(connection, "alice@example.org", postmaster=POSTMASTER, now=NOW, until=None) == (
        None,
        (
            Loss("owner@example.org", "alice@example.org", gone=True),
            Loss("boss@example.org", "owner@example.org", gone=True),
            Loss("sales@example.org", "alice+shop@example.org", gone=False),
        ),
    )
    assert snapshot.read(connection).aliases == {"sales@example.org": ("bob@example.org",)}


def test_an_account_that_is_not_there_is_told(connection: Connection):
    """Every verb says where to look, and changes nothing."""
    for verb in (
        lambda: accounts.set_password(connection, "carol@example.org", HASH),
        lambda: accounts.set_quota(connection, "carol@example.org", None),
        lambda: accounts.enable(connection, "carol@example.org"),
        lambda: accounts.disable(connection, "carol@example.org", postmaster=POSTMASTER),
        lambda: accounts.set_senders(connection, "carol@example.org", []),
        lambda: accounts.forward(connection, "carol@example.org", [], keeps_copy=True),
        lambda: deleted.delete(connection, "carol@example.org", postmaster=POSTMASTER, now=NOW, until=None),
        lambda: renames.rename(connection, "carol@example.org", "c@example.org", postmaster=POSTMASTER),
        lambda: app_passwords.add(connection, "carol@example.org", "phone", HASH),
    ):
        with pytest.raises(DirectoryError, match=r"there is no account carol@example\.org; mailstead account list"):
            verb()


def test_a_name_comes_back_as_it_was_given(connection: Connection):
    """Any text on one line; what is none is refused."""
    accounts.set_name(connection, "alice@example.org", 'Alice "Ally" O\'Hara-Grüß 東京')
    assert account(connection, "alice@example.org").name == 'Alice "Ally" O\'Hara-Grüß 東京'

    for bad in ("x" * 201, "two\nlines", "a\ttab", "bell\x07", "a\u2028b"):
        with pytest.raises(DirectoryError, match="a name has at most 200 characters on one line"):
            accounts.set_name(connection, "alice@example.org", bad)


def test_a_first_password_is_first_until_another_is_set(connection: Connection):
    """Whether the account is made with one or is given one."""
    accounts.add(connection, "carol@example.org", HASH, must_change=True)
    assert account(connection, "carol@example.org").must_change is True
    accounts.set_password(connection, "carol@example.org", OTHER)
    assert account(connection, "carol@example.org").must_change is False
    accounts.set_password(connection, "carol@example.org", HASH, must_change=True)
    assert account(connection, "carol@example.org").must_change is True


def test_what_an_account_may_send_as_is_said_anew_each_time(connection: Connection):
    """In lower case, each once; an address in a domain's alias is that of the domain."""
    domains.make_alias(connection, "example.com", "example.org")
    senders = ["Boss@example.com", "boss@example.org", "Al.Ice@elsewhere.example"]

    assert accounts.set_senders(connection, "alice@example.org", senders) == ("boss@example.org", "al.ice@elsewhere.example")
    assert account(connection, "alice@example.org").senders == ("al.ice@elsewhere.example", "boss@example.org")
    assert accounts.set_senders(connection, "alice@example.org", []) == ()
    with pytest.raises(DirectoryError, match="is not accepted"):
        accounts.set_senders(connection, "alice@example.org", ["a b@example.org"])


def test_mail_is_forwarded_to_what_was_said_last(connection: Connection):
    """With a copy or without; to nobody means that it stays, with its copy."""
    accounts.forward(connection, "alice@example.org", ["bob@example.org", "a@elsewhere.example"], keeps_copy=False)
    assert snapshot.read(connection).aliases == {"alice@example.org": ("a@elsewhere.example", "bob@example.org")}
    assert account(connection, "alice@example.org").keeps_copy is False

    assert accounts.forward(connection, "alice@example.org", ["Bob@example.org"], keeps_copy=True) == ("bob@example.org",)
    assert snapshot.read(connection).aliases == {"alice@example.org": ("bob@example.org",)}
    accounts.forward(connection, "alice@example.org", [], keeps_copy=False)
    assert snapshot.read(connection).aliases == {}
    assert account(connection, "alice@example.org").keeps_copy is True


def test_mail_is_not_forwarded_in_a_circle(connection: Connection):
    """Nor by way of a group."""
    accounts.forward(connection, "alice@example.org", ["bob@example.org"], keeps_copy=True)
    groups.add(connection, "team@example.org", ["alice@example.org"])

    for target in ("alice@example.org", "team@example.org"):
        with pytest.raises(DirectoryError, match=r"mail for bob@example\.org would come back to it"):
            accounts.forward(connection, "bob@example.org", [target], keeps_copy=False)


def test_who_loses_the_account_he_forwards_to_gets_his_mail_again(connection: Connection):
    """His account is no alias that goes."""
    accounts.forward(connection, "alice@example.org", ["bob@example.org"], keeps_copy=False)
    aliases.add(connection, "sales@example.org", ["alice@example.org"])
    _, losses = deleted.delete(connection, "bob@example.org", postmaster=POSTMASTER, now=NOW, until=None)

    assert losses == (Loss("alice@example.org", "bob@example.org", gone=True),)
    assert snapshot.read(connection).aliases == {"sales@example.org": ("alice@example.org",)}


def test_an_account_is_found_by_its_name_in_a_domains_alias(connection: Connection):
    """The two domains are one, for whoever types a command too."""
    domains.make_alias(connection, "example.com", "example.org")

    assert accounts.set_quota(connection, "Alice@example.com", 2**30) == "alice@example.org"
    assert account(connection, "alice@example.org").quota == 2**30
