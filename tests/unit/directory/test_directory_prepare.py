"""The first start, and all that follow."""

import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from mailstead.directory import (
    DirectoryError,
    Place,
    accounts,
    aliases,
    change,
    deleted,
    domains,
    groups,
    is_current,
    mailboxes,
    passwords,
    renames,
    snapshot,
)
from mailstead.directory.prepare import Prepared, prepare
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"


def stored(place: Place) -> snapshot.Snapshot:
    """Return the directory."""
    with change.reading(place) as connection:
        return snapshot.read(connection)


def test_a_first_start_makes_domains_and_the_postmaster(settings: Settings, place: Place):
    """The generated password is told once, and is the one that works."""
    made = prepare(settings, place)

    (postmaster,) = stored(place).accounts
    assert (made.domains, made.account) == (("example.org", "example.net"), "postmaster@example.org")
    assert passwords.crypt(made.password or "", postmaster.password_hash) == postmaster.password_hash
    assert made.password not in repr(made)
    assert is_current(settings, place)


def test_a_password_from_the_settings_is_taken_and_not_told(make_settings: Callable[..., Settings], place: Place):
    """Whoever set it knows it."""
    made = prepare(make_settings(domains="example.org", postmaster_password="four plain words"), place)

    (postmaster,) = stored(place).accounts
    assert made.password is None
    assert passwords.crypt("four plain words", postmaster.password_hash) == postmaster.password_hash


def test_a_second_start_makes_nothing_and_writes_the_same(settings: Settings, place: Place):
    """Byte for byte, the counter too; the password of an account that is there stays."""
    prepare(settings, place)
    before = {file.name: file.read_bytes() for file in place.projection.iterdir()}

    assert prepare(settings, place) == Prepared()
    assert {file.name: file.read_bytes() for file in place.projection.iterdir()} == before


def test_a_new_domain_in_the_settings_is_added_and_an_old_one_stays(make_settings: Callable[..., Settings], place: Place):
    """Taking a name out of MAIL_DOMAINS removes nothing."""
    prepare(make_settings(domains="example.org"), place)
    made = prepare(make_settings(domains="example.net", postmaster="me@example.net"), place)

    assert (made.domains, made.account) == (("example.net",), "me@example.net")
    assert [one.name for one in stored(place).domains] == ["example.net", "example.org"]


def test_an_alias_may_be_the_postmaster(make_settings: Callable[..., Settings], place: Place):
    """Where MAIL_POSTMASTER names one, it stays one, and no account is made."""
    settings = make_settings(domains="example.org", postmaster="team@example.org")
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)
        aliases.add(connection, "team@example.org", ["alice@example.org"])

    assert prepare(settings, place) == Prepared()
    assert "root@example.org team@example.org" in (place.projection / "addresses").read_text()


def test_a_newer_directory_is_refused(settings: Settings, place: Place):
    """Its projection stays as it is: the mail of a server whose image was set back still flows."""
    prepare(settings, place)
    with change.change(settings, place) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    before = (place.projection / "passwd").read_bytes()

    with pytest.raises(DirectoryError, match="newer Mailstead"):
        prepare(settings, place)
    assert (place.projection / "passwd").read_bytes() == before


def test_mail_of_deleted_accounts_goes_when_its_time_is_over(settings: Settings, place: Place):
    """At a start, or when the keeper looks; what is not due stays."""
    prepare(settings, place)
    now = datetime.now(UTC)
    for name, until in (("alice", now - timedelta(seconds=1)), ("bob", now + timedelta(days=1))):
        with change.change(settings, place) as connection:
            address = accounts.add(connection, f"{name}@example.org", HASH)
        with change.change(settings, place) as connection:
            folder, _ = deleted.delete(connection, address, postmaster="", now=now, until=until)
        (place.mail / ".deleted" / str(folder)).mkdir(parents=True)
    prepare(settings, place)

    assert [file.name.partition("@")[0] for file in (place.mail / ".deleted").iterdir()] == ["bob"]
    with change.reading(place) as connection:
        assert [one.address for one in deleted.all_of(connection)] == ["bob@example.org"]


def test_a_deletion_that_was_cut_off_is_finished(settings: Settings, place: Place):
    """The mail was still at its old place, where the next one at that address would have found it."""
    prepare(settings, place)
    with change.change(settings, place) as connection:
        accounts.add(connection, "alice@example.org", HASH)
    (place.mail / "example.org" / "alice").mkdir(parents=True)
    now = datetime.now(UTC)
    with change.change(settings, place) as connection:
        folder, _ = deleted.delete(connection, "alice@example.org", postmaster="", now=now, until=now + timedelta(days=1))
    prepare(settings, place)

    assert not (place.mail / "example.org" / "alice").exists()
    assert (place.mail / ".deleted" / str(folder)).exists()


def test_a_link_to_a_renamed_account_goes_after_a_day(settings: Settings, place: Place):
    """And the mail stays."""
    prepare(settings, place)
    with change.change(settings, place) as connection:
        accounts.add(connection, "alice@example.org", HASH)
        renames.rename(connection, "alice@example.org", "ally@example.org", postmaster="")
        mailboxes.rename(place, "alice@example.org", "ally@example.org")
    link = place.mail / "example.org" / "alice"
    prepare(settings, place)
    assert link.is_symlink()

    os.utime(link, (1, 1), follow_symlinks=False)
    prepare(settings, place)
    assert not link.is_symlink()
    assert (place.mail / "example.org" / "ally").is_dir()


def test_a_group_may_be_the_postmaster(make_settings: Callable[..., Settings], place: Place):
    """No account is made where MAIL_POSTMASTER names one."""
    settings = make_settings(domains="example.org", postmaster="team@example.org")
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        groups.add(connection, "team@example.org", [accounts.add(connection, "alice@example.org", HASH)])

    assert prepare(settings, place) == Prepared()
    assert "root@example.org team@example.org" in (place.projection / "addresses").read_text()


def test_the_postmasters_domain_may_become_the_alias_of_another(make_settings: Callable[..., Settings], place: Place):
    """The account is then the one of the same name there, and the start goes on."""
    settings = make_settings(domains="example.org example.com", postmaster="pat@example.com")
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        domains.make_alias(connection, "example.com", "example.org")

    assert prepare(settings, place).account == "pat@example.org"
    assert prepare(settings, place) == Prepared()
    assert "root@example.com root@example.org" in (place.projection / "addresses").read_text()
