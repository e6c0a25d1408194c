"""The lock of a projection: one process of a machine at a time writes it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".lock"
"""The file, among those of the projection."""


@contextmanager
def held(projection: Path) -> Iterator[None]:
    """Keep a projection from every other writer; wait for one that is at it. A writer that dies lets go."""
    projection.mkdir(parents=True, exist_ok=True)
    lock = os.open(projection / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)
