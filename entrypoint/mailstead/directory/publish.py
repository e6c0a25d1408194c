"""The writing of a projection: whole files swapped by rename, on the disk before the next, by one process at a time."""

import fcntl
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .. import nearly_full, tree
from . import Place, cdb
from .project import TABLES

_ROOT = Path("/")
_DOVECOT_IS_BUSY = 0.05  # seconds it may be at one password, and not look at the clock


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
    """Write the Tree of a projection, in its order, each lookup table followed by its compiled form; OSError if it cannot.

    Takes up to a second where people's accounts have changed: when it returns, no daemon goes by the old ones.
    """
    # Should this be cut off, what is there belongs to no state of the directory, and must not say it did.
    (place.projection / "counter").unlink(missing_ok=True)
    for path, file in files.items():
        if path == str(place.projection / "passwd"):
            _write_passwd(path, file, place)
        else:
            tree.write({path: file}, _ROOT, durable=True, owned=place.owned)
        if Path(path).name in TABLES:
            cdb.write(Path(path + ".cdb"), file.text)


def _write_passwd(path: str, file: tree.File, place: Place) -> None:
    try:
        before, date = Path(path).read_bytes(), Path(path).stat().st_mtime
    except FileNotFoundError:
        before, date = file.text.encode(), 0
    # Dovecot knows a new file by its size and date, which it takes in whole seconds; a new hash is as long as the old one.
    tree.write({path: file}, _ROOT, mtime=max(int(time.time()), int(date) + 1), durable=True, owned=place.owned)
    if file.text.encode() != before:
        # No warning of Dovecot's tells that a limit came down to what is there already.
        place.quota.mkdir(exist_ok=True)
        nearly_full.note(lowered(before.decode(), file.text), True, place.quota)
        _wait_for_dovecot()


def lowered(before: str, after: str) -> list[str]:
    """Return the addresses whose limit is smaller in the second text of a passwd file than in the first."""
    limits = _limits(before)
    return [address for address, limit in _limits(after).items() if limit < limits.get(address, limit)]


def _limits(passwd: str) -> dict[str, int]:
    lines = (line.split(":") for line in passwd.splitlines())
    return {fields[0]: int(fields[-1].partition("=")[2].removesuffix("B")) for fields in lines}


def _wait_for_dovecot() -> None:
    # It looks once in each second (passwd_file_sync in its db-passwd-file.c). Before the next one it may still let in an
    # old password, and refuse for good the mail of an account it has not heard of.
    now = time.time()
    time.sleep(math.floor(now) + 1 - now + _DOVECOT_IS_BUSY)
