"""The file that declares the directory, at a start: applied once for each of its states, and never in the way of the mail."""

from collections.abc import Callable

import pytest

from mailstead.directory import Place, change, declared, domains, is_current, passwords, snapshot
from mailstead.directory.prepare import prepare
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"
ALICE = f"accounts: {{alice@example.org: {{password_hash: {HASH}}}}}"
Stored = Callable[[], snapshot.Snapshot]


def test_a_first_start_makes_what_the_file_declares(settings: Settings, place: Place, stored: Stored):
    """Beside what the settings say; once, whatever is changed by hand afterwards."""
    place.declared.write_text(ALICE + "\ndomains: {example.com: {}}")
    assert declared.is_due(place)

    made = prepare(settings, place)

    assert [str(one) for one in made.outcome.differences] == ["+ domain example.com", "+ account alice@example.org"]
    assert is_current(settings, place)
    assert not declared.is_due(place)
    with change.change(settings, place) as connection:
        domains.set_receives(connection, "example.com", False)
    assert prepare(settings, place).outcome is None
    assert not stored().domains[0].receives


def test_a_file_that_has_changed_is_due_again(settings: Settings, place: Place, stored: Stored):
    """What it does not declare is not pruned."""
    place.declared.write_text(ALICE)
    prepare(settings, place)
    place.declared.write_text(ALICE.replace("alice", "bob"))
    assert declared.is_due(place)

    prepare(settings, place)
    assert [one.address for one in stored().accounts] == ["alice@example.org", "bob@example.org", "postmaster@example.org"]


@pytest.mark.parametrize("text", ["acounts: {}", "aliases: {a@example.org: nobody@example.org}", "domains: {a: {}}"])
def test_a_file_that_is_wrong_does_not_keep_the_directory_from_service(
    settings: Settings, place: Place, stored: Stored, text: str
):
    """Nothing of it is made; it is due until it is right."""
    place.declared.write_text(ALICE + "\n" + text)

    made = prepare(settings, place)

    assert made.outcome is None
    assert "attention; nothing was changed" in (made.refused or "")
    assert [one.address for one in stored().accounts] == ["postmaster@example.org"]
    assert is_current(settings, place)
    assert declared.is_due(place)


def test_a_file_that_cannot_be_read_is_told(settings: Settings, place: Place):
    """Such as a folder in its place, which Docker makes of a mount that is not there."""
    place.declared.mkdir()

    assert declared.is_due(place)
    assert "Is a directory" in (prepare(settings, place).refused or "")


def test_the_postmaster_of_the_file_has_the_password_that_stands_there(settings: Settings, place: Place, stored: Stored):
    """None that was generated before is shown."""
    place.declared.write_text(ALICE.replace("alice", "postmaster"))

    made = prepare(settings, place)

    assert (made.account, made.password) == ("postmaster@example.org", None)
    assert stored().accounts[0].password_hash == HASH


def test_a_generated_password_is_told(settings: Settings, place: Place, stored: Stored):
    """To whoever reads the log of the start."""
    place.declared.write_text("accounts: {alice@example.org: }")

    outcome = prepare(settings, place).outcome

    alice = stored().accounts[0]
    assert passwords.crypt(outcome.passwords["alice@example.org"], alice.password_hash) == alice.password_hash
    assert outcome.passwords["alice@example.org"] not in repr(outcome)


def test_a_file_applied_by_hand_is_not_applied_again(mailstead: Callable, settings: Settings, place: Place):
    """At the next start nothing of it is due."""
    place.declared.write_text(ALICE)

    assert mailstead("apply", str(place.declared), "--dry-run").status == 1
    assert declared.is_due(place)
    assert mailstead("apply", str(place.declared)).status == 0
    assert not declared.is_due(place)
