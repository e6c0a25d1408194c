"""Policies as they were fetched: a file for each domain, in the state volume, so that a restart forgets no promise."""

import contextlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .. import tree

_KEPT = 86400  # seconds


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What is known of a domain: its policy's id and text (None: never had), when it was fetched, and last asked for."""

    id: str | None = None
    text: str | None = None
    fetched: float = 0
    tried: float = 0


class Cache:
    """The entries below `folder`; domains are in the one form of names.domain, and so are good file names."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def get(self, domain: str) -> Entry | None:
        """Return what is known of a domain; None if nothing is, or nothing that can be read."""
        try:
            return Entry(**json.loads((self.folder / domain).read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def put(self, domain: str, entry: Entry) -> None:
        """Keep what is known of a domain; OSError if it cannot."""
        tree.swap(self.folder / domain, json.dumps(asdict(entry)).encode())

    def tidy(self, now: float) -> None:
        """Forget domains that had no policy for us for a day."""
        for file in self.folder.glob("[!.]*"):
            entry = self.get(file.name)
            if entry is None or (not entry.text and now > entry.tried + _KEPT):
                with contextlib.suppress(OSError):
                    file.unlink()
