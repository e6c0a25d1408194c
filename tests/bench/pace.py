"""Several clients at the same time, each doing one thing after the other: how often a second, and how long it takes."""

import statistics
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

Act = Callable[[], object]


@dataclass(frozen=True)
class Pace:
    """`rate`: how often a second all clients together did it; `moments`: the seconds it took each time."""

    rate: float
    moments: Sequence[float]

    def percentile(self, percent: int) -> float:
        """Return the seconds within which that many percent were done."""
        return percentile(self.moments, percent)


def at_once(acts: Sequence[Act], seconds: float) -> Pace:
    """Have each client, in a thread of its own, do its act again and again for some seconds, and end the last one."""
    begun = time.perf_counter()
    with ThreadPoolExecutor(len(acts)) as threads:
        moments = [one for each in threads.map(lambda act: repeat(act, seconds), acts) for one in each]
    return Pace(len(moments) / (time.perf_counter() - begun), moments)


def repeat(act: Act, seconds: float) -> list[float]:
    """Do something again and again for some seconds, at least once; return what it took each time."""
    end, moments = time.perf_counter() + seconds, []
    while not moments or time.perf_counter() < end:
        moments.append(timed(act))
    return moments


def timed(act: Act) -> float:
    """Return the seconds something takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def percentile(values: Sequence[float], percent: int) -> float:
    """Return what that many percent of one or more values do not exceed, 1 to 99."""
    if len(values) == 1:
        return values[0]
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]
