"""The volumes held for the life of a container: a second stack on one of them would write into the first one's files."""

import fcntl
import os
from collections.abc import Mapping
from pathlib import Path

from . import Refused

NAME = ".held"
"""The file that is locked (flock(2)), in each volume. Whoever dies lets go; the lock crosses containers of one machine."""


def hold(volumes: Mapping[str, Path]) -> None:
    """Hold volumes until this process and what it becomes by exec(3) has ended; Refused if another container holds one."""
    for name, place in volumes.items():
        place.mkdir(parents=True, exist_ok=True)  # where no volume is mounted the system says so
        held = os.open(place / NAME, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            raise Refused(
                f"the volume {name} ({place}) is in use by another container: two servers on one volume would spoil each other's "
                "files. Stop the other one, or give this one volumes of its own (docker compose -p); nothing was changed"
            ) from None
        # The keeper is this process after its exec; programs it starts do not get the lock.
        os.set_inheritable(held, True)
