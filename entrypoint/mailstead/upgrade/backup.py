"""A copy of the volume `state` before its form is changed: directory, keys, certificates, all but what is made anew.

Mail and queue are not in it: no step changes a letter. It lies in the volume itself, in `backups`, under its name only once it
is whole and on the disk.
"""

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from ..places import DATABASE, PROJECTION
from ..tree import swap, sync
from . import UPGRADING, Refused, held, kin, version

FOLDER = "backups"
KEPT = 2
"""How many are kept: that of the last upgrade and the one before."""
_UNFINISHED = ".unfinished"
_LEFT_OUT = {FOLDER, PROJECTION.name, held.NAME, kin.NAME, UPGRADING, version.NAME, f"{DATABASE.name}-journal"}
_ROOM = 2**24  # bytes that shall be left beside it, for the upgrade itself


def before(old: int, new: int, state: Path) -> Path:
    """Return the backup for this upgrade, made now unless an upgrade that was cut off has made it; Refused if there is no room.

    One made later would hold what that upgrade left half done.
    """
    folder = state / FOLDER
    made = _made(state)
    if made:
        return made
    _check_room(state)
    shutil.rmtree(folder / _UNFINISHED, ignore_errors=True)
    _fill(folder / _UNFINISHED, state, old)
    place = folder / f"before-{new}-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}"
    # The note first: it counts for nothing until there is what it names, and then there is no second one.
    swap(state / UPGRADING, f"{place.name}\n".encode())
    (folder / _UNFINISHED).rename(place)
    sync(folder)
    return place


def tidy(state: Path) -> None:
    """End the upgrade: its backup is kept, those of long ago are removed."""
    (state / UPGRADING).unlink(missing_ok=True)
    for old in sorted((state / FOLDER).glob("before-*"), key=lambda place: place.name.rpartition("-")[2])[:-KEPT]:
        shutil.rmtree(old)


def _made(state: Path) -> Path | None:
    try:
        name = (state / UPGRADING).read_text(encoding="ascii").strip()
    except (FileNotFoundError, ValueError):
        return None
    return state / FOLDER / name if name and (state / FOLDER / name).is_dir() else None


def _check_room(state: Path) -> None:
    needed = sum(place.lstat().st_size for place, _ in _walk(state)) + _ROOM
    free = shutil.disk_usage(state).free
    if free < needed:
        raise Refused(
            f"there is no room for a backup of the volume state before the upgrade: {needed >> 20} MB are needed in {state}, "
            f"{free >> 20} MB are free; nothing was changed"
        )


def _fill(place: Path, state: Path, old: int) -> None:
    place.parent.mkdir(mode=0o700, exist_ok=True)
    place.mkdir()
    for source, name in _walk(state):
        _copy(source, place / name)
    # Whoever goes back copies all this into the volume: then it has the old version, and no upgrade is under way.
    swap(place / version.NAME, f"{old}\n".encode())
    swap(place / UPGRADING, b"")
    # Copied back, it gives its looks to the volume's root.
    _finish(state, place)
    for folder, _, _ in os.walk(place):
        sync(Path(folder))


def _walk(state: Path) -> Iterator[tuple[Path, Path]]:
    """Yield each folder and file to be kept, folders first, with its name below the volume's root."""
    for folder, folders, names in os.walk(state):
        here = Path(folder).relative_to(state)
        if here == Path():
            folders[:] = set(folders) - _LEFT_OUT
            names = sorted(set(names) - _LEFT_OUT)
        for name in sorted(folders) + names:
            yield Path(folder, name), here / name


def _copy(source: Path, target: Path) -> None:
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    if source.is_dir():
        target.mkdir()
    elif source.name == DATABASE.name:
        _copy_database(source, target)
    elif source.is_file():
        shutil.copyfile(source, target)
    else:
        return  # a socket: somebody makes it anew
    _finish(source, target)


def _copy_database(source: Path, target: Path) -> None:
    # By SQLite's own means, which also sees what a crash has left in its journal.
    with closing(sqlite3.connect(source)) as now, closing(sqlite3.connect(target)) as copy:
        now.backup(copy)


def _finish(source: Path, target: Path) -> None:
    looks = source.stat()
    shutil.copystat(source, target)
    if (looks.st_uid, looks.st_gid) != (target.stat().st_uid, target.stat().st_gid):
        os.chown(target, looks.st_uid, looks.st_gid)
    sync(target)
