"""Whether the volumes belong together: each has a mark of which volume it is and of which stack.

    queue 5f3c0a9be1d2c478

A volume without one is new, or of before there were any, and gets it. A queue of another server would be sent by this one; a
state of another would tell the mail's owners that they do not exist, and their mail would be refused.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path

from ..tree import swap
from . import Refused

NAME = ".stack"


def check(volumes: Mapping[str, Path]) -> None:
    """Mark the volumes that have no mark; Refused if one is another's, or is not the volume that belongs there."""
    marks = {name: _read(place / NAME) for name, place in volumes.items()}
    for name, mark in marks.items():
        if mark and mark[0] != name:
            raise Refused(
                f"the volume mounted at {volumes[name]} is the volume {mark[0]!r}, and should be {name!r}: are they swapped in "
                "compose.yaml, or restored in each other's place? Nothing was changed"
            )
    stacks = {name: mark[1] for name, mark in marks.items() if mark}
    if len(set(stacks.values())) > 1:
        raise Refused(_strangers(stacks, volumes))
    stack = next(iter(stacks.values()), None) or secrets.token_hex(8)
    for name, place in volumes.items():
        if not marks[name]:
            swap(place / NAME, f"{name} {stack}\n".encode())


def _read(mark: Path) -> tuple[str, str] | None:
    """Return which volume of which stack a mark is for; None where there is none that can be read."""
    try:
        name, stack = mark.read_text(encoding="ascii").split()
    except (FileNotFoundError, ValueError):
        return None
    return name, stack


def _strangers(stacks: Mapping[str, str], volumes: Mapping[str, Path]) -> str:
    owners = ", ".join(f"{name} of {stack}" for name, stack in stacks.items())
    marks = " ".join(str(volumes[name] / NAME) for name in stacks)
    return (
        f"the volumes are of different servers ({owners}): was one restored from elsewhere, or mounted by mistake? If they shall "
        f"be one server's from now on, remove {marks} (docs/upgrading.md); nothing was changed"
    )
