"""What a container holds as time goes by: memory, open files, processes; and by how much it grows."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from faults.meanwhile import Meanwhile
from support.stack import Stack

_EVERY = 5  # seconds
# /proc/PID/fd belongs to the process's user; the container's root may read all of them, as it runs with DAC_OVERRIDE.
_LOOK = """
grep -hs -e ^State -e ^RssAnon /proc/[0-9]*/status
ls -d /proc/[0-9]*/fd/* 2>/dev/null | wc -l
"""


@dataclass(frozen=True)
class Sample:
    """What there is at a time (seconds): anonymous memory of all processes in bytes, open files, processes, dead ones."""

    at: float
    memory: int
    files: int
    processes: int
    zombies: int


def look(stack: Stack) -> Sample:
    """Return what the mail container holds now."""
    *lines, files = stack.exec("sh", "-c", _LOOK).splitlines()
    states = [line.split()[1] for line in lines if line.startswith("State")]
    memory = sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("RssAnon"))
    return Sample(time.monotonic(), memory, int(files), len(states), states.count("Z"))


class Watch(Meanwhile):
    """Looks at the mail container every few seconds, as long as the `with` lasts."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.samples: list[Sample] = []
        super().__init__([self._look])

    def lasted(self) -> float:
        """Return how many seconds lie between the first look and the last one."""
        return self.samples[-1].at - self.samples[0].at if self.samples else 0

    def _look(self) -> None:
        while not self.over.wait(_EVERY):
            self.samples.append(look(self._stack))


def growth(samples: Sequence[Sample], of: Callable[[Sample], float]) -> float:
    """Return by which part of their mean a line through the samples rises from the first to the last one."""
    times = [one.at for one in samples]
    slope = statistics.linear_regression(times, [of(one) for one in samples]).slope
    return slope * (times[-1] - times[0]) / statistics.mean(of(one) for one in samples)
