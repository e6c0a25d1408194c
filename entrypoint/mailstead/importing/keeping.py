"""Files of another server that ours has no use for yet, put by for when it has: keys, and logins elsewhere."""

import os
from collections.abc import Mapping
from pathlib import Path

from .. import tree
from ..directory import Place


def folder(place: Place) -> Path:
    """Return where such files are kept: in the state volume, and only root may enter."""
    return place.projection.parent / "imported"


def keep(files: Mapping[str, bytes], place: Place) -> None:
    """Write files, each under the name it had; what is there already as it is stays untouched."""
    for name, content in files.items():
        goal = folder(place) / name
        if not goal.exists() or goal.read_bytes() != content:
            _make(goal.parent)
            _write(goal, content)


def _make(place: Path) -> None:
    for one in reversed([one for one in (place, *place.parents) if not one.exists()]):
        one.mkdir(mode=0o700)


def _write(goal: Path, content: bytes) -> None:
    beside = goal.with_name(f".{goal.name}.new")
    beside.unlink(missing_ok=True)
    with open(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.rename(goal)
    tree.sync_directory(goal.parent)
