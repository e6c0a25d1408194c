"""When somebody should look after the certificate: a note and some dates are read, no more. Standard library; the keeper's.

The note beside the served PEM (certs/store.py) says when a look is due by the clock, and how the watched files looked
at the last one. Their dates are asked again and again, since not every mount tells of changes (inotify does not cross NFS,
SMB, or the file sharing of virtual machines).
"""

import json
import os
from pathlib import Path

_PATIENCE = 60  # seconds from one call to the next, where the last one has changed nothing


def look(path: str) -> list[int] | None:
    """Return how a file or folder looks from outside, through links (its times in ns, its size); None if there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    return [found.st_mtime_ns, found.st_ctime_ns, found.st_size]


class Lookout:
    """Watches over the note at `note`."""

    def __init__(self, note: Path) -> None:
        self.note = note
        self._called = float("-inf")
        self._answered: list[int] | None = None

    def calls(self, now: float) -> bool:
        """Whether `mailstead cert renew` should run now (seconds since the epoch); a yes is taken to be followed by it.

        A file that has changed does not wait if the last call was answered by a new note; all else waits a minute, so that a
        disk that takes no note does not start a program every few seconds.
        """
        changed, due = self._reasons(now)
        answered = look(str(self.note)) != self._answered
        called = (changed and answered) or ((changed or due) and not 0 <= now - self._called < _PATIENCE)
        if called:
            self._called, self._answered = now, look(str(self.note))
        return called

    def _reasons(self, now: float) -> tuple[bool, bool]:
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            changed = any(look(path) != seen for path, seen in note["watched"].items())
            return changed, note["next_look"] <= now
        except (OSError, ValueError, LookupError, TypeError, AttributeError):
            return False, True
