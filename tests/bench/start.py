"""How long from `docker compose up -d` to a letter sent and read?"""

import re
import select
import subprocess
import time
import uuid
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from datetime import datetime

from . import people
from .measure import Bar, Spread, ratio, retry, wait_quiet
from .report import Report, table
from .stacks import HOSTNAME, BenchError, Stack, both, run

WITHIN = 60  # seconds for each milestone
MOST = {"cold": 1.1, "warm": 1.0}
"""Times the bare stack's time to a letter that is read."""
MOST_CONFIGURING = 150
"""Milliseconds from the first process to supervisor."""
_NANOSECONDS = 1e9


@dataclass(frozen=True)
class Start:
    """A start's milestones, in seconds from the moment `docker compose up -d` was typed.

    `entrypoint`: Docker has started the container's first process; `configured`: that has made all files and hands over to
    supervisor (bare: it has nothing to make); `greeting`: port 25 has said its whole 220 line;
    `submission`: a letter was taken on 465 from somebody who signed in; `reading`: it was read by IMAP.
    """

    entrypoint: float
    configured: float
    greeting: float
    submission: float
    reading: float


def start(stack: Stack) -> Start:
    """Start a stack whose container is not there, and send and read a letter as soon as that can be done."""
    begun = time.time()
    with _starting(stack, begun) as events:
        # Connecting earlier would disturb what is measured: Docker's proxy listens before the container has its address,
        # and the kernel asks for an address without an answer only once a second.
        entrypoint = _started(events)
        reached = list(reach(stack))
        return Start(*(moment - begun for moment in (entrypoint, _configured(stack, begun) or entrypoint, *reached)))


def _configured(stack: Stack, since: float) -> float | None:
    """Return when ours said that all its files are made; None of a stack that makes none."""
    said = run(["docker", "logs", "--timestamps", "--since", f"{since:.9f}", stack.container])
    found = re.search(rf"^(\S+)Z mailstead: {re.escape(HOSTNAME)} starts;", said, re.MULTILINE)
    return datetime.fromisoformat(f"{found[1][:26]}+00:00").timestamp() if found else None


def reach(stack: Stack) -> Iterator[float]:
    """Yield the time at which port 25 greets, a letter is taken on 465, and it is read by IMAP; BenchError if never."""
    subject = f"bench {uuid.uuid4().hex}"
    steps: dict[str, Callable[[], object]] = {
        "the greeting": lambda: people.be_greeted(stack),
        "the submission": lambda: people.send(stack, subject),
        "the reading": lambda: people.read(stack, subject),
    }
    for what, step in steps.items():
        try:
            retry(step, WITHIN, people.NOT_YET, what=f"{what} of {stack.label}")
        except TimeoutError as error:
            raise BenchError(f"{error}\n{stack.last_words()}") from error
        yield time.time()


def bring_up(stack: Stack) -> None:
    """Start a stack, and be back when a letter was sent and read."""
    stack.compose("up", "-d")
    list(reach(stack))


@contextmanager
def _starting(stack: Stack, since: float) -> Iterator[subprocess.Popen]:
    """Run `docker compose up -d`; what it gives prints the time at which the container's process starts."""
    seen = ["--since", f"{since:.9f}", "--filter", f"container={stack.container}", "--filter", "event=start"]
    command = ["docker", "events", *seen, "--format", "{{.TimeNano}}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as events, stack.begin_up() as up:
        try:
            yield events
        finally:
            events.terminate()
            _end(up)


def _started(events: subprocess.Popen) -> float:
    ready, _, _ = select.select([events.stdout], [], [], WITHIN)
    line = events.stdout.readline() if ready else b""
    if not line:
        raise BenchError(f"waited {WITHIN} s for the container to start")
    return int(line) / _NANOSECONDS


def _end(up: subprocess.Popen) -> None:
    try:
        output, _ = up.communicate(timeout=WITHIN)
    except subprocess.TimeoutExpired:
        up.kill()
        raise BenchError(f"docker compose up was not done after {WITHIN} s") from None
    if up.returncode:
        raise BenchError(f"docker compose up ended with {up.returncode}:\n{output.decode()}")


Runs = Mapping[str, Mapping[str, Sequence[Start]]]
"""What was measured: "cold" or "warm", then the stack's label, then its starts in the order they were made."""


def measure(count: int) -> Runs:
    """Start both stacks in turn, `count` times: cold, without any volume, and warm, after `docker compose down`.

    Only one of them is there at a time.
    """
    runs: dict[str, dict[str, list[Start]]] = {"cold": defaultdict(list), "warm": defaultdict(list)}
    with both() as stacks:
        for _ in range(count):
            for stack in stacks:
                for how, taken_away in (("cold", []), ("warm", ["--volumes"])):
                    wait_quiet()
                    runs[how][stack.label].append(start(stack))
                    stack.compose("down", *taken_away)
    return runs


def report(runs: Runs) -> Report:
    """Say what the runs come to."""
    return Report(
        bench="start",
        tables=[_table(how, by_stack) for how, by_stack in runs.items()],
        bars=[bar for how, by_stack in runs.items() for bar in _bars(how, by_stack)],
        figures={how: _figures(by_stack) for how, by_stack in runs.items()},
    )


def _figures(by_stack: Mapping[str, Sequence[Start]]) -> Mapping[str, Sequence[Mapping[str, float]]]:
    return {label: [asdict(one) for one in starts] for label, starts in by_stack.items()}


def _table(how: str, by_stack: Mapping[str, Sequence[Start]]) -> str:
    rows = []
    for field in fields(Start):
        values = {label: [getattr(one, field.name) for one in starts] for label, starts in by_stack.items()}
        spreads = [Spread.of(values[label]).text(2) for label in ("ours", "bare")]
        rows.append([field.name, *spreads, f"{ratio(values['ours'], values['bare']):.2f}"])
    return table([f"{how} start, seconds to", "ours", "bare", "ratio"], rows)


def _bars(how: str, by_stack: Mapping[str, Sequence[Start]]) -> Sequence[Bar]:
    ours, bare = ([one.reading for one in by_stack[label]] for label in ("ours", "bare"))
    configuring = Spread.of([1000 * (one.configured - one.entrypoint) for one in by_stack["ours"]]).median
    return [
        Bar(f"{how} start to a letter read, ours/bare", ratio(ours, bare), MOST[how]),
        Bar(f"{how} start, ms from the first process to supervisor", configuring, MOST_CONFIGURING),
    ]
