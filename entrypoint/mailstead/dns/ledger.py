"""Which records of the DNS this server has put there, and so may take away again: in the state volume."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from ..places import PUBLISHED
from ..tree import File, write


class Entry(NamedTuple):
    """A record as it is in the DNS: name without the dot at its end, type, value in the form of Record.value."""

    name: str
    type: str
    value: str


def read(place: Path = PUBLISHED) -> frozenset[Entry]:
    """Return what is known to be ours; nothing where there is no such file, or none that can be read."""
    try:
        return frozenset(Entry(*map(str, entry)) for entry in json.loads(place.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return frozenset()


def keep(entries: Iterable[Entry], place: Path = PUBLISHED) -> None:
    """Write down what is ours, durably; OSError where that cannot be."""
    text = json.dumps(sorted(entries), indent=1) + "\n"
    write({str(place): File(text=text, mode=0o600)}, Path("/"), durable=True, owned=False)
