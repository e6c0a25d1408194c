"""The writing of a projection: whole files swapped by rename, on the disk before the next, by one process at a time."""

import math
import time
from collections.abc import Iterable
from pathlib import Path

from .. import lines, nearly_full, signing, tables, tree
from . import Place, lock, shown, wake
from .project import EXPRESSIONS, SECRET, TABLES, TAKING_MAIL

_ROOT = Path("/")
_DOVECOT_IS_BUSY = 0.05  # seconds it may be at one password, and not look at the clock


def publish(files: Iterable[tuple[str, tree.File]], place: Place, made_for: str) -> None:
    """Write the files of a projection as they come, each lookup table followed by its compiled form; OSError if it cannot.

    `made_for` is the site (directory.site) they are made for. What a whole projection for the same one has already is not
    written again. Takes up to a second where people's accounts have changed: when it returns, no daemon goes by the old ones.
    """
    _, before = shown(place) or ("", "")
    writing = _Writing(place, anew=before != made_for)
    # Should this be cut off, what is there belongs to no state of the directory, and must not say it did.
    (place.projection / "counter").unlink(missing_ok=True)
    for path, file in files:
        writing.write(Path(path), file)
    writing.clear_away()
    if place.read:
        signing.follow(place.projection)


class _Writing:
    """One projection on its way to the disk; `anew` writes every file, as if none were there."""

    def __init__(self, place: Place, *, anew: bool) -> None:
        self._place = place
        self._anew = anew
        self._table_is_due = False
        self._dovecot_knows = 0.0
        self._written: set[str] = set()

    def write(self, path: Path, file: tree.File) -> None:
        """Write the next file, or see that it is there."""
        self._written.add(path.name)
        if path.name in SECRET:
            if _write_for_dovecot(path, file, self._place):
                self._dovecot_knows = _next_look(time.time())
            return
        if path.name in (*TAKING_MAIL, "counter") and self._place.read:
            _wait_until(self._dovecot_knows)
        before = None if self._anew else _text(path)
        due = self._table_is_due or before != file.text
        if due:
            _write(path, file, self._place, before)
        self._table_is_due = due and path.name in EXPRESSIONS

    def clear_away(self) -> None:
        """Remove what a projection of another form has left: nobody reads it, and it may hold hashes."""
        compiled = {f"{name}.cdb" for name in TABLES}
        for path in self._place.projection.iterdir() if self._anew else ():
            if path.name not in self._written | compiled | {lock.NAME}:
                path.unlink()


def _text(path: Path) -> str | None:
    try:
        return path.read_bytes().decode()
    except (FileNotFoundError, UnicodeDecodeError):
        return None


def _write(path: Path, file: tree.File, place: Place, before: str | None) -> None:
    now = wake.since_boot()
    tree.write({str(path): file}, _ROOT, durable=True, owned=place.owned)
    if path.name in TABLES:
        tables.write(path.with_name(f"{path.name}.cdb"), file.text, before, mode=file.mode)
    if path.name in ("own-senders", "domains") and file.text != before and place.read:
        wake.end_rewriting(now)


def _write_for_dovecot(path: Path, file: tree.File, place: Place) -> bool:
    """Write a file unless it is there as it is; return whether Dovecot may still have another in mind."""
    before = _text(path)
    if before == file.text:
        return False
    date = 0 if before is None else path.stat().st_mtime
    # Dovecot knows a new file by its size and date, which it takes in whole seconds; a new hash is as long as the old one.
    tree.write({str(path): file}, _ROOT, mtime=max(int(time.time()), int(date) + 1), durable=True, owned=place.owned)
    if before is not None and path.name == "passwd":
        # No warning of Dovecot's tells that a limit came down to what is there already.
        place.quota.mkdir(exist_ok=True)
        nearly_full.note(lowered(before, file.text), True, place.quota)
    return before is not None


def lowered(before: str, after: str) -> list[str]:
    """Return the addresses whose limit is smaller in the second text of a passwd file than in the first."""
    old, new = lines.changed(before, after)
    limits = _limits(old)
    return [address for address, limit in _limits(new).items() if limit < limits.get(address, limit)]


def _limits(passwd: Iterable[str]) -> dict[str, int]:
    fields = (line.split(":") for line in passwd)
    return {entry[0]: int(entry[-1].partition("=")[2].removesuffix("B")) for entry in fields}


def _next_look(now: float) -> float:
    # It looks once in each second (passwd_file_sync in its db-passwd-file.c). Before the next one it may still let in an
    # old password, and refuse for good the mail of an account it has not heard of.
    return math.floor(now) + 1 + _DOVECOT_IS_BUSY


def _wait_until(moment: float) -> None:
    time.sleep(max(0, moment - time.time()))
