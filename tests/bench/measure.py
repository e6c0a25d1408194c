"""Figures: medians and spreads, ratios, bars, and a machine quiet enough to measure on."""

import os
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

from support.wait import wait_until

T = TypeVar("T")

_NAP = 0.01  # seconds: how exactly a milestone is seen
_QUIET = 0.25  # processors' worth of work, over one look
_LOOK = 0.5  # seconds


@dataclass(frozen=True)
class Spread:
    """The median of some runs, and the lowest and highest of them."""

    median: float
    low: float
    high: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Return the spread of one or more values."""
        return cls(statistics.median(values), min(values), max(values))

    def text(self, digits: int) -> str:
        """Write it as `median (low-high)`, or the value alone where there is no spread."""
        middle = f"{self.median:.{digits}f}"
        return middle if self.low == self.high else f"{middle} ({self.low:.{digits}f}-{self.high:.{digits}f})"


def ratio(ours: Sequence[float], bare: Sequence[float]) -> float:
    """Return how many times the bare stack's median ours is."""
    return statistics.median(ours) / statistics.median(bare)


@dataclass(frozen=True)
class Bar:
    """What a figure is held against: `at_most` or `at_least` the limit."""

    what: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure is good enough."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        word = "at least" if self.at_least else "at most"
        return f"{'met' if self.met else 'NOT MET':8}{self.what}: {self.value:.2f} ({word} {self.limit:g})"

    def facts(self) -> dict[str, Any]:
        """Return it for a JSON file."""
        return asdict(self) | {"met": self.met}


def retry(attempt: Callable[[], T], within: float, not_yet: tuple[type[Exception], ...], *, what: str) -> T:
    """Repeat `attempt` while it raises one of `not_yet`, return its answer; TimeoutError naming `what` after `within` seconds."""
    end = time.monotonic() + within
    while True:
        try:
            return attempt()
        except not_yet as error:
            if time.monotonic() > end:
                raise TimeoutError(f"waited {within:g} s for {what}; the last answer was: {error!r}") from error
            time.sleep(_NAP)


def wait_quiet(within: float = 30) -> bool:
    """Wait until the machine has little else to do (proc(5), /proc/stat), at most `within` seconds; whether it came to that."""
    try:
        return wait_until(_is_quiet, within, what="a quiet machine")
    except AssertionError:
        return False


def _is_quiet() -> bool:
    # A look takes time by its nature: it is the work done between two readings.
    before = _busy()
    time.sleep(_LOOK)
    return (_busy() - before) / _LOOK < _QUIET


def _busy() -> float:
    """Return the seconds all processors have worked since the machine started."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]]
    user, nice, system, _idle, _iowait, irq, softirq, *_ = fields
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")
