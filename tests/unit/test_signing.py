"""What the mail container writes for the filter's: whose address is whose, and the password they share."""

import re
from pathlib import Path

import pytest

from mailstead import signing


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """The volume between the two, empty."""
    (tmp_path / "signing").mkdir()
    return tmp_path / "signing"


def test_the_volume_may_be_lost(tmp_path: Path, volume: Path):
    """Written twice it is the same, with the same password, which nobody else may read."""
    (tmp_path / "senders").write_text("alice@example.org alice@example.org\n")

    def write() -> dict[str, str]:
        signing.write(volume, tmp_path, tmp_path / "password")
        return {file.name: file.read_text() for file in volume.iterdir()}

    first = write()
    for file in volume.iterdir():
        file.unlink()

    assert write() == first
    assert first["selectors.map"] == ""
    assert first["senders.map"] == "alice@example.org alice@example.org\n"
    assert re.fullmatch(r'password = "(\S{40,})";\nenable_password = "\1";\n', first["controller.inc"])
    assert (volume / "controller.inc").stat().st_mode & 0o007 == 0


def test_a_change_of_the_directory_is_followed(tmp_path: Path, volume: Path):
    """Before there is a directory, nobody is anybody."""
    signing.follow(tmp_path, volume)
    assert (volume / "senders.map").read_text() == ""

    (tmp_path / "senders").write_text("bob@example.org bob@example.org\n")
    signing.follow(tmp_path, volume)
    assert (volume / "senders.map").read_text() == "bob@example.org bob@example.org\n"


def test_what_has_not_changed_is_not_written(tmp_path: Path, volume: Path):
    """The filter reads a map anew when its file has changed."""
    (tmp_path / "senders").write_text("a@example.org a@example.org\n")
    signing.follow(tmp_path, volume)
    before = (volume / "senders.map").stat()
    signing.follow(tmp_path, volume)

    assert (volume / "senders.map").stat().st_ino == before.st_ino


def test_without_the_volume_nothing_is_done(tmp_path: Path):
    """Where no filter is meant to be, a change of the directory stays as it was."""
    signing.follow(tmp_path, tmp_path / "none")

    assert list(tmp_path.iterdir()) == []
