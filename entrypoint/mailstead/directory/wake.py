"""Postfix's trivial-rewrite(8) made to see the domains at once.

Each program of Postfix looks whether its tables have changed before it takes a client. This one keeps its clients, and looks
by itself every 10 seconds only; until then mail for a new domain would be somebody else's: refused on 25, bounced from 465.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

_NAME = "trivial-rewrite"
_LONGEST = 12  # seconds; by then it has looked by itself
_NAP = 0.01
_TICKS = os.sysconf("SC_CLK_TCK")


def since_boot() -> float:
    """Return the time that end_rewriting compares with, in seconds."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def end_rewriting(changed: float) -> None:
    """Return once no trivial-rewrite runs that was there when its tables changed.

    It holds nothing but its tables: master starts another for the next question, and whoever was waiting for an answer
    asks that one.
    """
    end = time.monotonic() + _LONGEST
    while (old := _older_than(changed)) and time.monotonic() < end:
        for process in old:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGTERM)
        time.sleep(_NAP)


def _older_than(moment: float) -> list[int]:
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _started(process) < moment]


def _started(process: Path) -> float:
    """Return when a process began, if it is one of those; a long time from now otherwise, and when it is gone."""
    try:
        # proc_pid_stat(5): the name in parentheses, then the fields from the third on; the 22nd is the start.
        _, name, rest = (process / "stat").read_text().replace("(", ")", 1).rsplit(")", 2)
        return int(rest.split()[19]) / _TICKS if name == _NAME else float("inf")
    except (OSError, ValueError):
        return float("inf")
