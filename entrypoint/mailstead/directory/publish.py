"""The writing of a projection: whole files swapped by rename, on the disk before the next, by one process at a time."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import tree
from . import Place, cdb
from .project import TABLES


@contextmanager
def held(projection: Path) -> Iterator[None]:
    """Keep a projection from every other writer; wait for one that is at it. A writer that dies lets go."""
    projection.mkdir(parents=True, exist_ok=True)
    lock = os.open(projection / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def publish(files: tree.Tree, place: Place) -> None:
    """Write the Tree of a projection, in its order, each lookup table followed by its compiled form; OSError if it cannot."""
    dates = {str(place.projection / "passwd"): _later(place.projection / "passwd")}
    # Should this be cut off, what is there belongs to no state of the directory, and must not say it did.
    (place.projection / "counter").unlink(missing_ok=True)
    for path, file in files.items():
        tree.write({path: file}, Path("/"), mtime=dates.get(path), durable=True, owned=place.owned)
        if Path(path).name in TABLES:
            _write(Path(path + ".cdb"), cdb.compiled(file.text))


def _later(place: Path) -> int:
    # Dovecot looks at whole seconds and the size, and a new hash is as long as the old: no two may have the same second.
    try:
        return max(int(time.time()), int(place.stat().st_mtime) + 1)
    except FileNotFoundError:
        return int(time.time())


def _write(place: Path, content: bytes) -> None:
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(content)
    with beside.open("rb") as file:
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    beside.rename(place)
    tree.sync_directory(place.parent)
