"""The doctor's rounds: once a day."""

import os
from pathlib import Path

from mailstead.rounds import Rounds

NOW, HOUR, DAY = 1_800_000_000, 3600, 86400


def noted(tmp_path: Path, when: int) -> Path:
    """Return the note of a round at a time."""
    note = tmp_path / "doctor.json"
    note.touch()
    os.utime(note, (when, when))
    return note


def test_a_new_server_has_its_first_day_in_peace(tmp_path: Path):
    """Then it is once a day, though the round can leave no note."""
    rounds = Rounds(tmp_path / "doctor.json", NOW)

    assert [hour for hour in range(100) if rounds.are_due(NOW + hour * HOUR)] == [24, 48, 72, 96]


def test_a_server_that_is_started_each_night_is_not_forgotten(tmp_path: Path):
    """The note of the last round counts, not the start."""
    assert Rounds(noted(tmp_path, NOW - DAY), NOW).are_due(NOW + 1)
    assert not Rounds(noted(tmp_path, NOW - DAY + HOUR), NOW).are_due(NOW + 1)


def test_a_round_by_hand_counts(tmp_path: Path):
    """The next is a day later."""
    rounds = Rounds(noted(tmp_path, NOW - DAY), NOW)
    assert rounds.are_due(NOW)
    noted(tmp_path, NOW + HOUR)

    assert not rounds.are_due(NOW + DAY)
    assert rounds.are_due(NOW + DAY + HOUR)
