"""Files of another server that ours has no use for yet, put by for when it has: keys, and logins elsewhere."""

from collections.abc import Mapping
from pathlib import Path

from .. import tree
from ..directory import Place
from ..places import IMPORTED


def folder(place: Place) -> Path:
    """Return where such files are kept: in the state volume, and only root may enter."""
    return place.projection.parent / IMPORTED.name


def keep(files: Mapping[str, bytes], place: Place) -> None:
    """Write files, each under the name it had; what is there already as it is stays untouched."""
    for name, content in files.items():
        goal = folder(place) / name
        if not goal.exists() or goal.read_bytes() != content:
            _make(goal.parent)
            tree.swap(goal, content)


def _make(place: Path) -> None:
    for one in reversed([one for one in (place, *place.parents) if not one.exists()]):
        one.mkdir(mode=0o700)
