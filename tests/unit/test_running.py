"""The mark of a running server."""

from pathlib import Path

import pytest

from mailstead import running


@pytest.fixture(autouse=True)
def mark(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The mark's place, in a state volume of the test's own."""
    monkeypatch.setattr(running, "MARK", tmp_path / "running")
    return tmp_path / "running"


def test_the_first_start_follows_no_crash():
    """There was nothing before it."""
    assert running.begin() is False


def test_a_run_that_was_killed_is_found_by_the_next():
    """And by the one after that, if it is killed too."""
    running.begin()

    assert running.begin() is True
    assert running.begin() is True


def test_a_run_that_was_stopped_in_order_leaves_nothing():
    """Not even if it was stopped twice."""
    running.begin()
    running.end()
    running.end()

    assert running.begin() is False
