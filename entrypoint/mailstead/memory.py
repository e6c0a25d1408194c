"""How much memory this container may have, and whom the kernel shall kill when it runs out.

That is a daemon, which is started again at once, and never the keeper: it is the container's first process, with it everything
would end, and Docker waits longer before each next start.
"""

import contextlib
import os
from pathlib import Path

LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
"""Where the kernel shows a container's limit: cgroups(7), version 2 and version 1."""
_OURS = Path("/proc/self/oom_score_adj")
_AHEAD = 64 * 2**20
"""Bytes by which every daemon looks larger than it is: more than the keeper has; and no more than that, since on a machine
without a limit the kernel compares us with everybody else's programs."""


def volunteer() -> None:
    """Have this process, and those it starts, chosen before the keeper (proc(5), oom_score_adj: thousandths of the memory)."""
    with contextlib.suppress(OSError, ValueError):
        _OURS.write_text(str(ahead(whole())), encoding="ascii")


def ahead(memory: int) -> int:
    """Return the thousandths of `memory` (bytes) that are at least as much as _AHEAD."""
    return min(1000, -(-1000 * _AHEAD // memory))


def whole() -> int:
    """Return the bytes that this container may have: its limit, or all that the machine has."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    words = [place.read_text(encoding="ascii").strip() for place in LIMITS if place.exists()]
    return min([machine, *(int(word) for word in words if word.isdigit())])
