"""Room on the disks: what is nearly full, and so refuses mail or changes. A look at a few numbers of the kernel, no more."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from .places import FILTER
from .settings import Settings
from .upgrade import HERE

VOLUMES: Mapping[str, Path] = HERE.named()
"""The volumes of the mail container, by their names in compose.yaml."""
_TMPFS: Mapping[str, Path] = {"/run": Path("/run"), "/tmp": Path("/tmp")}
_LEAST = 2 * 2**20  # bytes: a table, a key or a certificate is written whole beside the old one
_FEW = 16  # files


def needed(settings: Settings) -> int:
    """Return the bytes below which mail is put off: Postfix takes none without room for one and a half of the largest."""
    return settings.message_size_limit * 3 // 2


def full(settings: Settings) -> Iterator[str]:
    """Return a sentence for each place of this container that has no room left for what is written there next."""
    volumes = {"filter": FILTER} if settings.role == "filter" else VOLUMES
    for name, place in {**volumes, **_TMPFS}.items():
        said = lacking(place, needed(settings) if name in ("mail", "queue") else _LEAST)
        if said:
            yield f"{name} is full: {said}"


def lacking(place: Path, least: int) -> str | None:
    """Return what a file system has too little of, below `least` bytes or a few files; None where there is enough of both."""
    found = os.statvfs(place)
    free = found.f_bavail * found.f_frsize
    if free < least:
        return f"{size(free)} of {size(found.f_blocks * found.f_frsize)} free"
    # Some file systems have no such limit (0).
    if found.f_files and found.f_favail < _FEW:
        return f"{found.f_favail} of {found.f_files} files left"
    return None


def size(count: int) -> str:
    """Return a number of bytes for people."""
    return f"{count / 2**30:.1f} GiB" if count >= 2**30 else f"{count >> 20} MiB"
