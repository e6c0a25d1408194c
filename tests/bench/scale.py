"""How does the cost of a message, and of looking into a mailbox, grow with mailboxes, their size, and senders at a time?"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from statistics import median

from . import deliver
from .deliver import Round
from .imap import Desk
from .load import Load
from .measure import Bar, ratio
from .pace import timed
from .plot import Line, Panel
from .report import Report, comparison
from .stacks import MOST_MAILBOXES, Stack, both
from .start import bring_up
from .submit import UNLIMITED

MAILBOXES = (10, 50, 200)
SESSIONS = (1, 10, 50)
SIZES = (1000, 10_000, 100_000)
MOST_MORE = 1.2
_SESSIONS, _MAILBOXES = 10, 50  # while the other number grows
_LOOKS = 20
_LETTERS = "letters in the mailbox"

Loads = Mapping[int, Mapping[str, Sequence[Round]]]
"""Rounds: by the number that grows, then by the stack's label."""


@dataclass(frozen=True)
class Outcome:
    """What was measured: rounds of one load to more and more mailboxes, or by more and more sessions; and looks.

    `looks` are the seconds a select and a fetch take, by the letters in the mailbox and then by the stack's label.
    """

    by_mailboxes: Loads
    by_sessions: Loads
    looks: Mapping[int, Mapping[str, Sequence[float]]]


def measure(messages: int, rounds: int) -> Outcome:
    """Give both stacks loads of as many messages in turn, and then mailboxes that are fuller and fuller."""
    with both(settings=UNLIMITED) as stacks:
        for stack in stacks:
            bring_up(stack)
            stack.make_mailboxes(MOST_MAILBOXES)
        by_mailboxes = _carry(stacks, {count: Load(messages, _SESSIONS, count) for count in MAILBOXES}, rounds)
        by_sessions = _carry(stacks, {count: Load(messages, count, _MAILBOXES) for count in SESSIONS}, rounds)
        looks = _look(stacks)
    return Outcome(by_mailboxes, by_sessions, looks)


def _carry(stacks: Sequence[Stack], loads: Mapping[int, Load], rounds: int) -> Loads:
    came: dict[int, dict[str, list[Round]]] = {count: {stack.label: [] for stack in stacks} for count in loads}
    for _, (count, load), stack in itertools.product(range(rounds), loads.items(), stacks):
        came[count][stack.label].append(deliver.carry(stack, load))
    return came


def _look(stacks: Sequence[Stack]) -> Mapping[int, Mapping[str, Sequence[float]]]:
    looks: dict[int, dict[str, list[float]]] = {size: {stack.label: [] for stack in stacks} for size in SIZES}
    desks = [Desk(stack, {str(size): size for size in SIZES}) for stack in stacks]
    for number, size, desk in itertools.product(range(_LOOKS + 1), SIZES, desks):
        took = timed(partial(desk.open, str(size)))
        if number:  # the first time of all, the mailbox is read into its index
            looks[size][desk.label].append(took)
    for desk in desks:
        desk.close()
    return looks


def report(outcome: Outcome) -> Report:
    """Say what came out."""
    work, rate = (
        {what: _figures(loads, name) for what, loads in _loads(outcome).items()} for name in ("work", "delivered")
    )
    looks = {size: _milliseconds(by_label) for size, by_label in outcome.looks.items()}
    grown = {what: ratio(each[max(each)]["ours"], each[min(each)]["ours"]) for what, each in (work | {_LETTERS: looks}).items()}
    return Report(
        bench="scale",
        tables=[
            *(_table(f"processor milliseconds a message, by {what}", each) for what, each in work.items()),
            *(_table(f"messages delivered a second, by {what}", each) for what, each in rate.items()),
            _table(f"milliseconds of a select and a fetch, by {_LETTERS}", looks),
        ],
        bars=[Bar(f"cost of ours with the most {what}/the fewest", one, MOST_MORE) for what, one in grown.items()],
        figures=asdict(outcome),
        panels=[
            *(_panel("processor milliseconds a message", what, each) for what, each in work.items()),
            _panel("milliseconds of a select and a fetch", _LETTERS, looks),
        ],
    )


Grown = Mapping[int, Mapping[str, Sequence[float]]]


def _loads(outcome: Outcome) -> Mapping[str, Loads]:
    return {"mailboxes": outcome.by_mailboxes, "senders at a time": outcome.by_sessions}


def _figures(loads: Loads, name: str) -> Grown:
    return {
        count: {label: [getattr(one, name) for one in each] for label, each in rounds.items()}
        for count, rounds in loads.items()
    }


def _milliseconds(by_label: Mapping[str, Sequence[float]]) -> Mapping[str, Sequence[float]]:
    return {label: [1000 * one for one in each] for label, each in by_label.items()}


def _table(head: str, grown: Grown) -> str:
    return comparison(head, {str(count): by_label for count, by_label in grown.items()})


def _panel(up: str, along: str, grown: Grown) -> Panel:
    lines = [Line(label, [(count, median(each[label])) for count, each in grown.items()]) for label in ("ours", "bare")]
    return Panel(f"By {along}", along, up, lines, by_tens=True)
