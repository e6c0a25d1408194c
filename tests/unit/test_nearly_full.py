"""The table of the mailboxes that are nearly full."""

from pathlib import Path

import pytest

from mailstead import nearly_full
from mailstead.directory.publish import lowered


def noted(place: Path) -> str:
    """Return the table as text."""
    return (place / nearly_full.TABLE).read_text()


def test_a_mailbox_is_noted_until_it_has_room(tmp_path: Path):
    """Twice full is full; room for one says nothing of another."""
    for address in ("bob@example.org", "alice@example.org", "bob@example.org"):
        nearly_full.note([address], True, tmp_path)
    assert noted(tmp_path) == "alice@example.org ask_for_room\nbob@example.org ask_for_room\n"

    nearly_full.note(["bob@example.org"], False, tmp_path)
    assert noted(tmp_path) == "alice@example.org ask_for_room\n"


def test_the_table_is_there_before_the_first_mailbox_is_full(tmp_path: Path):
    """Postfix puts all mail off where a table is missing."""
    nearly_full.note([], True, tmp_path)

    assert (tmp_path / f"{nearly_full.TABLE}.cdb").stat().st_size == 2048


@pytest.mark.parametrize(("quota", "largest", "small"), [(1000, 100, False), (999, 100, True), (2**62, 1, False)])
def test_small_is_where_a_tenth_cannot_take_the_largest_message(quota: int, largest: int, small: bool):
    """Above that, a mailbox under nine tenths has room for any message."""
    assert nearly_full.is_small(quota, largest) is small


def test_a_limit_that_comes_down_is_seen():
    """Nobody else tells that what is there already is now nearly all there may be."""
    line = "{}@example.org:$y$h:5000:5000::/var/mail/example.org/{}::userdb_quota_storage_size={}B\n"
    before = line.format("alice", "alice", 100) + line.format("bob", "bob", 100)
    after = line.format("alice", "alice", 99) + line.format("bob", "bob", 101) + line.format("new", "new", 1)

    assert lowered(before, after) == ["alice@example.org"]
