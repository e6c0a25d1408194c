"""The file that declares the directory, applied at a start and when it changes: which of its states was applied last.

This module is on the path of a start and stays with the standard library.
"""

import hashlib
from pathlib import Path
from typing import BinaryIO

from .. import tree
from . import HERE, Place

LARGEST = 64 * 2**20
"""Bytes a file may have: more than ten times what 100,000 accounts need."""


def read_from(opened: BinaryIO) -> bytes:
    """Return what an open file holds, or one byte more than is allowed."""
    return opened.read(LARGEST + 1)


def read(place: Place = HERE) -> bytes | None:
    """Return the file that is mounted there; None if there is none. OSError if it cannot be read."""
    try:
        with place.declared.open("rb") as opened:
            return read_from(opened)
    except (FileNotFoundError, NotADirectoryError):
        return None


def is_due(place: Place = HERE) -> bool:
    """Whether the file has changed since it was last applied; what cannot be read is due, so that it is told."""
    try:
        data = read(place)
    except OSError:
        return True
    return data is not None and not _is_applied(data, place)


def _is_applied(data: bytes, place: Place) -> bool:
    note = _note(place)
    return note.exists() and note.read_text(encoding="ascii") == _digest(data)


def remember(place: Place, data: bytes) -> None:
    """Note that the file has been applied as it is."""
    tree.write({str(_note(place)): tree.File(text=_digest(data), mode=0o600)}, Path("/"), durable=True, owned=place.owned)


def _note(place: Place) -> Path:
    return place.projection.parent / "accounts.applied"


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
