"""What does it cost each person that a hundred thousand others have accounts, too?"""

import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from random import Random

from . import crowd, people
from .crowd import Work
from .measure import Bar, Spread, ratio, wait_quiet
from .report import Report, table
from .stacks import DOMAIN, PASSWORD, BenchError, Ours, of_ours
from .start import bring_up

FEW, SOME = 10, 1000
GROUPS = 1000
DECLARED = 10_000
MOST_MORE = 1.2
USABLE_WITHIN = 2  # seconds
APPLIED_WITHIN = 30  # seconds
_ADDED = 5
_MB = 2**20
_random = Random(1)


@dataclass(frozen=True)
class Size:
    """A directory of some people: what it took to project it, its bytes, what one more account took, Dovecot's memory."""

    people: int
    projecting: Work
    bytes: int
    adding: Work
    auth_peak: int


@dataclass(frozen=True)
class Outcome:
    """What was measured. `moments` in seconds: what was done, then the number of people, then each time it took."""

    sizes: Sequence[Size]
    moments: Mapping[str, Mapping[int, Sequence[float]]]
    gathering: Work
    joining: Work
    applying: Work


def measure(most: int, rounds: int) -> Outcome:
    """Fill a directory with few people, one with some, one with `most`; let people of each sign in and get mail, in turn."""
    counts = sorted({FEW, SOME, most})
    moments: dict[str, dict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    with of_ours([f"ours-{count}" for count in counts]) as stacks:
        crowds = dict(zip(counts, stacks, strict=True))
        projecting = {count: _begin(stack, count) for count, stack in crowds.items()}
        wait_quiet()
        for _ in range(rounds):
            for what, act in _ACTS.items():
                for count, stack in crowds.items():
                    moments[what][count].append(act(stack, count))
        for number in range(_ADDED):
            for count, stack in crowds.items():
                moments[_ADD][count].append(add(stack, f"new{number}"))
        sizes = [_size(stack, count, projecting[count]) for count, stack in crowds.items()]
        gathering, joining = _post(crowds, rounds, moments)
        applying = crowd.declare(crowds[FEW], DECLARED)
    return Outcome(sizes, {what: dict(each) for what, each in moments.items()}, gathering, joining, applying)


def _begin(stack: Ours, count: int) -> Work:
    bring_up(stack)
    work = crowd.fill(stack, count)
    for act in _ACTS.values():  # the first time of all, everything is new to the daemons
        act(stack, count)
    return work


def _size(stack: Ours, count: int, projecting: Work) -> Size:
    adding = crowd.watch(stack, "mailstead", "account", "add", f"watched@{DOMAIN}")
    return Size(count, projecting, crowd.projected(stack), adding, crowd.auth_peak(stack))


def ask_for(stack: Ours, address: str) -> float:
    """Return how long port 25 thinks about a recipient, in a connection of its own; BenchError where it is of two minds."""
    with people.at_smtp(stack) as server:
        server.ehlo()
        server.mail("")
        begun = time.perf_counter()
        code, said = server.rcpt(address)
        took = time.perf_counter() - begun
    if code != (550 if address.startswith("nobody") else 250):
        raise BenchError(f"{stack.label}: {address} got {code} {said.decode()}")
    return took


def sign_in_to_read(stack: Ours, address: str) -> float:
    """Return how long LOGIN takes on port 993."""
    server = people.at_imaps(stack)
    try:
        begun = time.perf_counter()
        server.login(address, PASSWORD)
        return time.perf_counter() - begun
    finally:
        server.shutdown()


def sign_in_to_send(stack: Ours, address: str) -> float:
    """Return how long AUTH takes on port 465."""
    with closing(people.at_submissions(stack)) as server:
        server.ehlo()
        begun = time.perf_counter()
        server.login(address, PASSWORD)
        return time.perf_counter() - begun


def add(stack: Ours, name: str) -> float:
    """Return how long it takes from `mailstead account add` until the account gets mail and signs in both ways."""
    address = f"{name}@{DOMAIN}"
    begun = time.perf_counter()
    stack.exec("mailstead", "account", "add", address, "--password-stdin", text=f"{PASSWORD}\n")
    ask_for(stack, address)
    sign_in_to_read(stack, address)
    sign_in_to_send(stack, address)
    return time.perf_counter() - begun


def post(stack: Ours, number: int) -> float:
    """Return how long port 465 thinks about a group that only members may write to, when one of them has signed in."""
    with closing(people.at_submissions(stack)) as server:
        server.login(crowd.person(number), PASSWORD)
        server.mail(crowd.person(number))
        begun = time.perf_counter()
        code, said = server.rcpt(crowd.group(number))
        took = time.perf_counter() - begun
    if code != 250:
        raise BenchError(f"{stack.label}: {crowd.group(number)} got {code} {said.decode()}")
    return took


def _post(crowds: Mapping[int, Ours], rounds: int, moments: dict[str, dict[int, list[float]]]) -> tuple[Work, Work]:
    """Gather some of the people in many groups, and the few in one; compare what a posting takes."""
    crowd.gather(crowds[FEW], 1, FEW)
    gathering = crowd.gather(crowds[SOME], GROUPS, SOME)
    for _ in range(rounds):
        moments[_POST][FEW].append(post(crowds[FEW], 0))
        moments[_POST][SOME].append(post(crowds[SOME], _random.randrange(GROUPS)))
    joining = crowd.watch(crowds[SOME], "mailstead", "group", "add", crowd.group(0), "--member", crowd.person(SOME - 1))
    return gathering, joining


def _somebody(count: int) -> str:
    return crowd.person(_random.randrange(count))


_ADD, _POST = "account add until usable", "RCPT of a group of 50"
_ACTS: Mapping[str, Callable[[Ours, int], float]] = {
    "RCPT of somebody": lambda stack, count: ask_for(stack, _somebody(count)),
    "RCPT of nobody": lambda stack, count: ask_for(stack, f"nobody{_random.randrange(10**9)}@{DOMAIN}"),
    "IMAP LOGIN": lambda stack, count: sign_in_to_read(stack, _somebody(count)),
    "SMTP AUTH": lambda stack, count: sign_in_to_send(stack, _somebody(count)),
    "SMTP AUTH, Capitals": lambda stack, count: sign_in_to_send(stack, _somebody(count).capitalize()),
}


def report(outcome: Outcome) -> Report:
    """Say what came out."""
    most, moments = outcome.sizes[-1].people, outcome.moments
    more = {what: ratio(moments[what][most], moments[what][FEW]) for what in _ACTS}
    return Report(
        bench="directory",
        tables=[_moments(outcome), _sizes(outcome.sizes), _groups(outcome)],
        bars=[
            *(Bar(f"{what}, {most} accounts/{FEW}", value, MOST_MORE) for what, value in more.items()),
            Bar(f"seconds until an account added to {most} is usable", Spread.of(moments[_ADD][most]).median, USABLE_WITHIN),
            Bar(f"{_POST}, {GROUPS} groups/one", ratio(moments[_POST][SOME], moments[_POST][FEW]), MOST_MORE),
            Bar(f"seconds until somebody is in one of {GROUPS} groups", outcome.joining.seconds, USABLE_WITHIN),
            Bar(f"seconds for a YAML file of {DECLARED} accounts", outcome.applying.seconds, APPLIED_WITHIN),
        ],
        figures=asdict(outcome),
    )


def _moments(outcome: Outcome) -> str:
    counts = [one.people for one in outcome.sizes]
    rows = []
    for what in (*_ACTS, _ADD):
        each = outcome.moments[what]
        spreads = [Spread.of([1000 * moment for moment in each[count]]).text(1) for count in counts]
        rows.append([what, *spreads, f"{ratio(each[counts[-1]], each[FEW]):.2f}"])
    return table(["milliseconds, accounts:", *map(str, counts), "ratio"], rows)


def _sizes(sizes: Sequence[Size]) -> str:
    rows = [
        ["seconds to project all", *(f"{one.projecting.seconds:.2f}" for one in sizes)],
        ["MB held meanwhile, at most", *(_megabytes(one.projecting.peak) for one in sizes)],
        ["MB held by an account add, at most", *(_megabytes(one.adding.peak) for one in sizes)],
        ["MB held by Dovecot's auth, at most", *(_megabytes(one.auth_peak) for one in sizes)],
        ["MB of projected files", *(_megabytes(one.bytes) for one in sizes)],
    ]
    return table(["accounts:", *(str(one.people) for one in sizes)], rows)


def _groups(outcome: Outcome) -> str:
    posting = outcome.moments[_POST]
    one, many = (Spread.of([1000 * moment for moment in posting[count]]).text(1) for count in (FEW, SOME))
    rows = [
        [f"{_POST}, milliseconds", one, many],
        ["seconds to project all", "", f"{outcome.gathering.seconds:.2f}"],
        ["seconds for one more member", "", f"{outcome.joining.seconds:.2f}"],
    ]
    return table(["groups:", "1", str(GROUPS)], rows)


def _megabytes(count: int) -> str:
    return f"{count / _MB:.1f}"
