"""Which clients come, by Postfix's lines: the newest addresses, for `mailstead doctor`. Standard library; the keeper's.

They stay on tmpfs and are gone with the container: nothing is kept about people.
"""

import contextlib
import re
from collections.abc import Mapping
from pathlib import Path

_CONNECTED = re.compile(rb": (?:connect|CONNECT) from \S*\[([0-9A-Fa-f.:]+)\]")
_MOST = 50
_PAUSE = 60  # seconds from one writing to the next


class Clients:
    """Counts who came, the newest 50 addresses without loopback, and writes it to `place`: address and number, one a line."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self._seen: dict[str, int] = {}
        self._written = float("-inf")

    def hear(self, line: bytes, now: float) -> None:
        """Take notice of a line at a time (seconds)."""
        if b"onnect from " not in line and b"CONNECT from " not in line:
            return
        found = _CONNECTED.search(line)
        if found and not found[1].startswith((b"127.", b"::1")):
            self._count(found[1].decode())
            if now - self._written > _PAUSE:
                self._write(now)

    def _count(self, address: str) -> None:
        self._seen[address] = self._seen.pop(address, 0) + 1
        if len(self._seen) > _MOST:
            del self._seen[next(iter(self._seen))]

    def _write(self, now: float) -> None:
        self._written = now
        with contextlib.suppress(OSError):
            self.place.parent.mkdir(parents=True, exist_ok=True)
            self.place.write_text("".join(f"{one} {number}\n" for one, number in self._seen.items()), encoding="ascii")


def read(place: Path) -> Mapping[str, int]:
    """Return how often each address came, by the file at `place`; nothing where there is none."""
    lines = place.read_text(encoding="ascii").splitlines() if place.exists() else []
    return {address: int(number) for address, number in (line.split() for line in lines)}
