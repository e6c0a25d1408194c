"""How many messages a second go from port 25 into the mailboxes, and do all of them arrive?"""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from support.wait import wait_until

from . import cgroups
from . import load as loads
from .load import Arrival, Load
from .measure import Bar, Spread, ratio, wait_quiet
from .report import Report, table
from .stacks import BenchError, Stack, both
from .start import bring_up

LEAST = 0.95
_DRAINED = 60  # seconds
_DEFERRED = re.compile(r": ([0-9A-Za-z]+): to=.*status=deferred")


@dataclass(frozen=True)
class Round:
    """What became of one load.

    Messages a second from the first connection on: `accepted` until the last was accepted, `delivered` until the last one
    arrived that was not deferred. `work` is what the processors did for a message in the stack's containers, in
    milliseconds: what else goes on on a machine disturbs it least. `deferred` messages had to be tried again, `lost` ones
    are in no mailbox and no queue, `doubled` ones are in a mailbox twice.
    """

    accepted: float
    delivered: float
    work: float
    deferred: int
    lost: int
    doubled: int


def carry(stack: Stack, load: Load) -> Round:
    """Give a running stack a load, wait until it has come to its end, and count."""
    wait_quiet()
    before, deferred, worked = loads.arrivals(stack), _deferred(stack), _worked(stack)
    begun, accepted = loads.send(stack, load)
    came = loads.wait_arrived(stack, len(before) + load.messages)
    if len(came) == len(before):
        raise BenchError(f"{stack.label}: none of {load.messages} messages has arrived")
    worked = _worked(stack) - worked
    deferred = _deferred(stack) - deferred
    lost, doubled = _drained(stack, load, before)
    return Round(
        accepted=load.messages / (accepted - begun),
        delivered=(len(came) - len(before)) / (came[-1].moment - begun),
        work=worked / load.messages * 1000,
        deferred=len(deferred),
        lost=lost,
        doubled=doubled,
    )


def _drained(stack: Stack, load: Load, before: Sequence[Arrival]) -> tuple[int, int]:
    """Have what was deferred delivered; return how many messages of the load are lost, and how many are there twice."""
    left = _drain(stack)
    missing, doubled = loads.short_of(load, before, loads.arrivals(stack))
    return max(0, missing - left), doubled


def _worked(stack: Stack) -> float:
    return sum(map(cgroups.processor_seconds, stack.pids()))


def _deferred(stack: Stack) -> set[str]:
    return set(_DEFERRED.findall(stack.mail_log()))


def _drain(stack: Stack) -> int:
    """Have what was deferred tried again at once; return how many messages are in the queue in spite of that."""
    if stack.queue():
        stack.exec("postqueue", "-f")
        try:
            wait_until(lambda: not stack.queue(), _DRAINED, what="an empty queue")
        except AssertionError:
            return len(stack.queue())
    return 0


Rounds = Mapping[str, Sequence[Round]]
"""What was measured: the stack's label, then its rounds in the order they were made."""


def measure(load: Load, count: int, *, filtered: bool = False) -> Rounds:
    """Give both stacks the load in turn, `count` times. Only one of them runs at a time; both fill up alike.

    With `filtered` each has rspamd look at all of it.
    """
    rounds: dict[str, list[Round]] = defaultdict(list)
    with both(filtered=filtered) as stacks:
        for number in range(count):
            for stack in stacks:
                bring_up(stack)
                if number == 0:
                    check_durable(stack)
                    stack.make_mailboxes(load.mailboxes)
                rounds[stack.label].append(carry(stack, load))
                stack.compose("stop")
    return rounds


def check_durable(stack: Stack) -> None:
    """Refuse, as a BenchError, a stack whose mail is not on the disk when it is accepted (Postfix always waits for the disk)."""
    how = stack.exec("doveconf", "-h", "mail_fsync").strip()
    if how == "never":
        raise BenchError(f"{stack.label} is fast because Dovecot's mail_fsync is {how}: its figures would mean nothing")


def report(rounds: Rounds) -> Report:
    """Say what the rounds come to."""
    ours, bare = rounds["ours"], rounds["bare"]
    delivered = ratio([one.delivered for one in ours], [one.delivered for one in bare])
    return Report(
        bench="deliver",
        tables=[_table(ours, bare)],
        bars=[
            Bar("messages delivered a second, ours/bare", delivered, LEAST, at_least=True),
            Bar("deferred by ours", sum(one.deferred for one in ours), 0),
            Bar("lost by ours", sum(one.lost for one in ours), 0),
        ],
        figures=figures(rounds),
    )


def figures(rounds: Rounds) -> Mapping[str, Sequence[Mapping[str, float]]]:
    """Return every round as plain figures, by the stack's label."""
    return {label: [asdict(one) for one in each] for label, each in rounds.items()}


_RATES = {
    "accepted": "accepted, messages a second",
    "delivered": "delivered, messages a second",
    "work": "processor milliseconds a message",
}


def _table(ours: Sequence[Round], bare: Sequence[Round]) -> str:
    rows = []
    for name, said in _RATES.items():
        values = [[getattr(one, name) for one in rounds] for rounds in (ours, bare)]
        rows.append([said, *(Spread.of(each).text(1) for each in values), f"{ratio(*values):.2f}"])
    for name in ("deferred", "lost", "doubled"):
        totals = (sum(getattr(one, name) for one in rounds) for rounds in (ours, bare))
        rows.append([f"{name}, in all rounds", *map(str, totals), ""])
    return table(["a load", "ours", "bare", "ratio"], rows)
