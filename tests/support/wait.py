"""The one place where tests wait."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

FIRST_NAP, LONGEST_NAP = 0.02, 0.25  # seconds


def wait_until(claim: Callable[[], T], within: float = 30, *, what: str) -> T:
    """Ask `claim` until it answers something true, and return that; AssertionError naming `what` after `within` seconds."""
    end, nap = time.monotonic() + within, FIRST_NAP
    while not (answer := claim()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {within:g} s for {what}; the last answer was {answer!r}")
        time.sleep(nap)
        nap = min(nap * 1.5, LONGEST_NAP)
    return answer
