"""The writing of a projection: whole files swapped by rename, on the disk before the next, by one process at a time."""

import math
import time
from pathlib import Path

from .. import nearly_full, tables, tree
from . import Place, wake
from .project import FOR_DOVECOT, TABLES

_ROOT = Path("/")
_DOVECOT_IS_BUSY = 0.05  # seconds it may be at one password, and not look at the clock


def publish(files: tree.Tree, place: Place) -> None:
    """Write the Tree of a projection, in its order, each lookup table followed by its compiled form; OSError if it cannot.

    Takes up to a second where people's accounts have changed: when it returns, no daemon goes by the old ones.
    """
    # Should this be cut off, what is there belongs to no state of the directory, and must not say it did.
    (place.projection / "counter").unlink(missing_ok=True)
    changed = False
    for path, file in files.items():
        if Path(path).name in FOR_DOVECOT:
            changed |= _write_for_dovecot(Path(path), file, place)
            continue
        if changed and place.read:
            _wait_for_dovecot()
        changed = False
        if Path(path).name == "domains":
            _write_domains(Path(path), file, place)
        else:
            _write(path, file, place)


def _write(path: str, file: tree.File, place: Place) -> None:
    tree.write({path: file}, _ROOT, durable=True, owned=place.owned)
    if Path(path).name in TABLES:
        tables.write(Path(path + ".cdb"), file.text)


def _write_domains(path: Path, file: tree.File, place: Place) -> None:
    now, before = wake.since_boot(), path.read_bytes() if path.exists() else b""
    _write(str(path), file, place)
    if file.text.encode() != before:
        wake.wake_rewriting(place.rewriting, now)


def _write_for_dovecot(path: Path, file: tree.File, place: Place) -> bool:
    """Write a file unless it is there as it is; return whether Dovecot may still have another in mind."""
    try:
        before, date = path.read_bytes(), path.stat().st_mtime
    except FileNotFoundError:
        before, date = None, 0
    if before == file.text.encode():
        return False
    # Dovecot knows a new file by its size and date, which it takes in whole seconds; a new hash is as long as the old one.
    tree.write({str(path): file}, _ROOT, mtime=max(int(time.time()), int(date) + 1), durable=True, owned=place.owned)
    if before is not None and path.name == "passwd":
        # No warning of Dovecot's tells that a limit came down to what is there already.
        place.quota.mkdir(exist_ok=True)
        nearly_full.note(lowered(before.decode(), file.text), True, place.quota)
    return before is not None


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
