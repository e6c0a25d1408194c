"""When an account and an app password were last used, from what the daemons leave behind."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailstead.directory import Place, last_use
from mailstead.directory.snapshot import AppPassword

ALICE = "alice@example.org"
NEVER = last_use.LastUse(None, None)


def at(seconds: int) -> datetime:
    """Return a moment of the epoch."""
    return datetime.fromtimestamp(seconds, UTC)


@pytest.fixture
def home(place: Place) -> Path:
    """Alice's folder."""
    folder = place.mail / "example.org" / "alice"
    folder.mkdir(parents=True)
    return folder


def leave(folder: Path, login: str, seconds: int) -> None:
    """Leave a date as the keeper and PAM do."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / login).touch()
    os.utime(folder / login, (seconds, seconds))


def test_reading_is_what_dovecot_wrote_down_last(place: Place, home: Path):
    """With whichever password; each has two lines."""
    (home / ".last-login").write_text("shared/last-login/main\n1000\nshared/last-login/3\n2000\n")

    assert last_use.of_account(place, ALICE, [ALICE]) == last_use.LastUse(at(2000), None)


def test_sending_is_the_latest_of_all_logins(place: Place):
    """Those in domain aliases too, and those of before a rename."""
    for login, seconds in (("alice@example.org", 1000), ("alice@example.com", 3000), ("ally@example.org", 2000)):
        leave(place.seen / "sent", login, seconds)

    assert last_use.of_account(place, ALICE, [ALICE, "alice@example.com"]).sent == at(3000)
    assert last_use.of_account(place, ALICE, [ALICE, "ally@example.org"]).sent == at(2000)


@pytest.mark.parametrize("text", ["", "shared/last-login/main\n", "shared/last-login/main\nnever\n", "\xff\n\xff\n"])
def test_what_cannot_be_read_was_never(place: Place, home: Path, text: str):
    """A file that was cut off, or that somebody wrote into."""
    (home / ".last-login").write_text(text, encoding="latin-1")

    assert last_use.of_account(place, ALICE, [ALICE]) == NEVER


def test_an_account_whose_folder_leads_elsewhere_was_never_used(place: Place, tmp_path: Path):
    """Nothing outside of /var/mail is read."""
    (place.mail / "example.org").mkdir(parents=True)
    (tmp_path / ".last-login").write_text("shared/last-login/main\n1000\n")
    (place.mail / "example.org" / "alice").symlink_to(tmp_path)

    assert last_use.of_account(place, ALICE, []) == NEVER


def test_an_app_password_has_the_dates_of_its_slot_since_it_was_made(place: Place, home: Path):
    """By reading or by sending, in any spelling; what is older was another one's."""
    (home / ".last-login").write_text("shared/last-login/2\n1000\n")
    leave(place.seen / "app-send-2", "Alice@example.org", 2000)

    def used(slot: int, made: int) -> datetime | None:
        app = AppPassword(name="phone", slot=slot, scope="both", password_hash="$6$x", created_at=at(made))
        return last_use.of_app_password(place, ALICE, app, [ALICE, "Alice@example.org"])

    assert used(2, made=500) == at(2000)
    assert used(2, made=2001) is None
    assert used(1, made=500) is None
