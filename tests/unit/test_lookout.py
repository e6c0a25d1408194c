"""The lookout: when the keeper has the certificate looked after, and how it keeps from doing so again and again."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mailstead.lookout import Lookout, look

REPOSITORY = Path(__file__).parents[2]
NOW = 1_800_000_000


@pytest.fixture
def watched(tmp_path: Path) -> Path:
    """A file a certificate came from."""
    (tmp_path / "watched.pem").write_text("first")
    return tmp_path / "watched.pem"


def note(watched: Path, next_look: int = NOW + 9999) -> Path:
    """Write a note of that file as it is now; return its path."""
    place = watched.with_name("served.json")
    place.write_text(json.dumps({"next_look": next_look, "watched": {str(watched): look(str(watched))}}))
    return place


def test_nothing_is_done_while_nothing_changes(watched: Path):
    """However often it is asked."""
    lookout = Lookout(note(watched))

    assert not any(lookout.calls(NOW + passed) for passed in range(0, 9999, 5))


def test_it_calls_when_the_note_says_so(watched: Path):
    """Not before; and once a minute until the note says something else."""
    lookout = Lookout(note(watched, NOW + 7))
    called = [passed for passed in range(0, 200, 5) if lookout.calls(NOW + passed)]

    assert called == [10, 70, 130, 190]
    note(watched)
    assert not lookout.calls(NOW + 300)


@pytest.mark.parametrize("change", ["written", "replaced", "gone", "same size"])
def test_it_calls_at_once_when_a_file_has_changed(watched: Path, change: str):
    """Also a second time, if a note has answered the first."""
    lookout = Lookout(note(watched))
    alter(watched, change)

    assert lookout.calls(NOW)
    assert not lookout.calls(NOW + 5)  # no note has come of it
    note(watched)
    alter(watched, "written")
    assert lookout.calls(NOW + 10)


def alter(watched: Path, how: str) -> None:
    """Change a watched file."""
    if how == "gone":
        watched.unlink()
    elif how == "replaced":
        watched.with_name("new").write_text("first")
        watched.with_name("new").rename(watched)
    else:
        watched.write_text("tsrif" if how == "same size" else "longer than before")


def test_a_file_that_comes_is_seen(watched: Path):
    """What was not there is watched too."""
    watched.unlink()
    lookout = Lookout(note(watched))
    watched.write_text("there")

    assert lookout.calls(NOW)


BROKEN = ["", "{", "[]", "null", "{}", '{"next_look": "x", "watched": {}}', '{"next_look": 1, "watched": 7}']


@pytest.mark.parametrize("text", BROKEN)
def test_a_note_that_cannot_be_read_is_asked_for_once_a_minute(tmp_path: Path, text: str):
    """As one that is not there."""
    (tmp_path / "served.json").write_text(text)
    for place in (tmp_path / "served.json", tmp_path / "none"):
        lookout = Lookout(place)
        assert [passed for passed in range(0, 125, 5) if lookout.calls(NOW + passed)] == [0, 60, 120]


def test_a_clock_that_is_set_back_does_not_silence_it(watched: Path):
    """The last call then lies in the future."""
    lookout = Lookout(note(watched, NOW - 1))

    assert lookout.calls(NOW)
    assert lookout.calls(NOW - 0.5)


def test_the_keeper_gets_nothing_heavy_by_it():
    """It stays in memory, with all that it imports."""
    program = "import sys; import mailstead.lookout; print(*sys.modules)"
    entrypoint = REPOSITORY / "entrypoint"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=entrypoint, capture_output=True, text=True, check=True).stdout

    assert not set(loaded.split()) & {"cryptography", "ssl", "hashlib", "mailstead.settings", "mailstead.tree", "subprocess"}
