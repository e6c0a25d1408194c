"""Lookup tables on the disk, compiled for Postfix: swapped by rename, and on the disk before that."""

import os
from pathlib import Path

from . import cdb, tree


def write(place: Path, text: str) -> None:
    """Swap the database at `place` for that of a lookup table, and wait for the disk; OSError if it cannot."""
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(cdb.compiled(text))
    with beside.open("rb") as file:
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    beside.rename(place)
    tree.sync_directory(place.parent)
