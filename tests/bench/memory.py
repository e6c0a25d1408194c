"""How much memory does an idle server hold, fresh from its start and after it was used?"""

import os
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from support.wait import wait_until

from . import cgroups, people
from . import load as loads
from .load import Load
from .measure import Bar
from .report import Report, table
from .stacks import BenchError, Stack, both
from .start import bring_up

MOST_MORE = 20  # MB
MOST_AT_REST, MOST_WITHOUT_RESOLVER, MOST_USED = 40, 32, 60  # MB
RESOLVER = "unbound"
LOGINS = 100
USE = Load(messages=1000, sessions=5, mailboxes=20)
_MB = 2**20
RESTED = 130  # seconds: longer than Postfix (max_idle, 100 s) and Dovecot (60 s) keep a process that has nothing to do
_STEADY = 5  # seconds
_STEADY_WITHIN = 60  # seconds
_STEADY_BYTES = 64 * 1024
_BIGGEST = 12  # programs in a table


MOMENTS = {
    "fresh": f"{RESTED} s after it has carried one letter",
    "used": f"after {LOGINS} logins and {USE.messages} messages, with the processes they needed",
    "rested": f"{RESTED} s later, without them",
}


@dataclass(frozen=True)
class Program:
    """The processes of one name: how many, and their bytes as smaps_rollup has them (proc(5)): Anonymous, and Pss, in
    which a page shared by several processes counts for each by its part (the two stacks share those of their base image).
    """

    name: str
    processes: int
    anonymous: int
    pss: int


@dataclass(frozen=True)
class Memory:
    """A container's memory in bytes: `anonymous` by its cgroup, `files_in_memory` what lies on tmpfs, and its programs."""

    anonymous: int
    files_in_memory: int
    programs: tuple[Program, ...]


def look(stack: Stack) -> Memory:
    """Read the memory of a running stack, when it has kept still: a health check that is just at work is not meant."""
    pid = stack.pid()
    last, since = 0, time.monotonic()

    def steady() -> bool:
        nonlocal last, since
        now, _ = cgroups.memory(pid)
        if abs(now - last) > _STEADY_BYTES:
            last, since = now, time.monotonic()
        return time.monotonic() - since > _STEADY

    wait_until(steady, _STEADY_WITHIN, what=f"the memory of {stack.label} to keep still for {_STEADY} s")
    return Memory(*cgroups.memory(pid), tuple(programs(pid)))


def programs(pid: int) -> Sequence[Program]:
    """Return the programs in a process's cgroup, the biggest first."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for one in cgroups.processes(pid):
        place = Path(f"/proc/{one}")
        try:
            found[(place / "comm").read_text().strip()].append(rollup((place / "smaps_rollup").read_text()))
        except (FileNotFoundError, ProcessLookupError):
            continue  # it has ended meanwhile
    made = (Program(name, len(each), *map(sum, zip(*each, strict=True))) for name, each in found.items())
    return sorted(made, key=lambda program: -program.anonymous)


def rollup(text: str) -> tuple[int, int]:
    """Read Anonymous and Pss, in bytes, out of a smaps_rollup, whose lines are like `Pss:     384 kB`."""
    fields = (line.split() for line in text.splitlines()[1:])
    facts = {name: int(value) for name, value, *_ in fields}
    return facts["Anonymous:"] * 1024, facts["Pss:"] * 1024


Looks = Mapping[str, Mapping[str, Memory]]
"""What was measured: the stack's label, then the moment."""


def measure() -> Looks:
    """Start both stacks, use them and let them rest; look at them each time."""
    if os.geteuid():
        raise BenchError("only root may read how much memory other users' processes have: sudo scripts/bench memory")
    looks: dict[str, dict[str, Memory]] = defaultdict(dict)
    with both() as stacks:
        for stack in stacks:
            bring_up(stack)
        _rest()
        for stack in stacks:
            looks[stack.label]["fresh"] = look(stack)
            use(stack)
            looks[stack.label]["used"] = look(stack)
        _rest()
        for stack in stacks:
            looks[stack.label]["rested"] = look(stack)
    return looks


def use(stack: Stack) -> None:
    """Have people sign in, to send and to read, and other servers bring mail."""
    stack.make_mailboxes(USE.mailboxes)
    for sign_in in [people.sign_in_to_send, people.sign_in_to_read] * (LOGINS // 2):
        sign_in(stack)
    loads.send(stack, USE)
    came = loads.wait_arrived(stack, USE.messages)
    if len(came) < USE.messages:
        raise BenchError(f"{stack.label}: only {len(came)} of {USE.messages} messages have arrived")


def _rest() -> None:
    end = time.monotonic() + RESTED
    wait_until(lambda: time.monotonic() > end, RESTED + 1, what="processes that have nothing to do to end")


def report(looks: Looks) -> Report:
    """Say what the looks come to."""
    ours, bare = looks["ours"], looks["bare"]
    fresh, used = ours["fresh"], ours["used"].anonymous / _MB
    core = (fresh.anonymous - sum(one.anonymous for one in fresh.programs if one.name == RESOLVER)) / _MB
    more = {moment: (ours[moment].anonymous - bare[moment].anonymous) / _MB for moment in MOMENTS}
    return Report(
        bench="memory",
        tables=[_table(ours, bare), *(_programs(label, looks[label]["rested"]) for label in ("ours", "bare"))],
        bars=[
            *(Bar(f"MB of ours above the bare stack's, {moment}", more[moment], MOST_MORE) for moment in MOMENTS),
            Bar("MB of ours, fresh", fresh.anonymous / _MB, MOST_AT_REST),
            Bar("MB of ours, fresh, without the resolver", core, MOST_WITHOUT_RESOLVER),
            Bar("MB of ours, used", used, MOST_USED),
        ],
        figures={label: {moment: asdict(one) for moment, one in life.items()} for label, life in looks.items()},
    )


def _table(ours: Mapping[str, Memory], bare: Mapping[str, Memory]) -> str:
    rows = []
    for moment, said in MOMENTS.items():
        sizes = (ours[moment].anonymous, bare[moment].anonymous, ours[moment].files_in_memory)
        rows.append([moment, *map(_megabytes, sizes), said])
    return table(["anonymous MB", "ours", "bare", "tmpfs of ours", ""], rows)


def _programs(label: str, memory: Memory) -> str:
    biggest = memory.programs[:_BIGGEST]
    rows = [[one.name, str(one.processes), _megabytes(one.anonymous), _megabytes(one.pss)] for one in biggest]
    return table([f"{label}, rested", "processes", "anonymous MB", "PSS MB"], rows)


def _megabytes(count: int) -> str:
    return f"{count / _MB:.1f}"
