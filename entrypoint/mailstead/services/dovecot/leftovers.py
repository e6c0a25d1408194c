"""What a killed Dovecot, or a power cut, leaves beside the mail, where the next one would stumble over it."""

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

SEARCH = "fts-flatcurve"
_MESSAGES = {"cur", "new", "tmp"}
_UNSYNCED = 120
"""Seconds in which all is on the disk that a program wrote without syncing it: 35 with Linux's own settings
(dirty_expire_centisecs, dirty_writeback_centisecs in https://docs.kernel.org/admin-guide/sysctl/vm.html)."""


def clear_away(mail: Path) -> None:
    """Remove the locks, and search indexes that may be torn, from all accounts; nothing of Dovecot's may run yet."""
    indexes = []
    for folder, folders, names in os.walk(mail):
        # A Maildir has all three; an account may be called `new`.
        if set(folders) >= _MESSAGES:
            folders[:] = set(folders) - _MESSAGES
        if SEARCH in folders:
            folders.remove(SEARCH)
            indexes.append(Path(folder, SEARCH))
        _remove_locks(Path(folder), names)
    _remove_torn(_written(indexes))


def _remove_locks(folder: Path, names: Iterable[str]) -> None:
    # After a restart the process number in a lock is somebody else's: Dovecot would take it for a living one and wait for
    # minutes.
    for name in names:
        if name.endswith(".lock"):
            Path(folder, name).unlink(missing_ok=True)


def _written(indexes: Iterable[Path]) -> Mapping[Path, float]:
    parts = [part for index in indexes for part in index.iterdir() if part.is_dir()]
    return {part: max((file.stat().st_mtime for file in part.iterdir()), default=0.0) for part in parts}


def _remove_torn(written: Mapping[Path, float]) -> None:
    # Flatcurve does not sync, and who meets a torn database crashes (signal 11 in Dovecot 2.4.1). What is gone is indexed anew:
    # the letters after the last that the rest has. `current` holds the latest; without another part those between were missed.
    crash = max(written.values(), default=0.0)
    for part in [part for part, moment in written.items() if moment > crash - _UNSYNCED]:
        shutil.rmtree(part if part.name.startswith("current.") else part.parent, ignore_errors=True)
