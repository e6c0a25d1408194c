"""Lookup tables on the disk, compiled for Postfix: swapped by rename, and on the disk before that."""

from pathlib import Path

from . import cdb, lines, tree

_FEW = 100
"""Lines that may come to a database one by one."""


def write(place: Path, text: str, before: str | None = None, *, mode: int = 0o644) -> None:
    """Swap the database at `place` for that of a lookup table, and wait for the disk; OSError if it cannot.

    `before`: the table whose database is there now, which is taken over where few lines have come, and none has gone.
    """
    tree.swap(place, _database(place, text, before), lambda beside: beside.chmod(mode))


def _database(place: Path, text: str, before: str | None) -> bytes:
    gone, come = lines.changed(before, text) if before else ((), ())
    if come and len(come) <= _FEW and set(gone) < set(come):
        return cdb.extended(place.read_bytes(), "".join(f"{line}\n" for line in set(come).difference(gone)))
    return cdb.compiled(text)
