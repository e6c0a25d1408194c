"""How many messages a second, whatever their size and however many mailboxes they go to, and how many could the disk take?"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from . import deliver
from .deliver import LEAST, Rounds
from .disk import files_a_second
from .load import Load
from .measure import Bar, Spread, ratio
from .report import Report, comparison, table
from .stacks import Stack, both
from .start import bring_up

_HEAVY = 200 * 2**20  # bytes that a load is about, at most: large messages are fewer


def loads(sizes: Sequence[int], mailboxes: Sequence[int], messages: int, sessions: int) -> Sequence[Load]:
    """Return a load for each size and each number of mailboxes: as many messages, or fewer large ones, to each as many."""
    return [
        Load(max(1, min(messages, _HEAVY // size) // boxes) * boxes, sessions, boxes, size)
        for size, boxes in itertools.product(sizes, mailboxes)
    ]


Cell = tuple[int, int]
"""A load's size in bytes and its mailboxes."""


@dataclass(frozen=True)
class Matrix:
    """What was measured: by cell the rounds of both stacks, and the files a second that the disk could make and sync beside."""

    cells: Mapping[Cell, Rounds]
    disk: Mapping[Cell, float]


def measure(asked: Sequence[Load], count: int) -> Matrix:
    """Give both stacks each of the loads in turn, `count` times; only one of them runs at a time."""
    with both() as stacks:
        cells = {(load.size, load.mailboxes): {stack.label: [] for stack in stacks} for load in asked}
        for number, stack in itertools.product(range(count), stacks):
            bring_up(stack)
            if number == 0:
                deliver.check_durable(stack)
                stack.make_mailboxes(max(load.mailboxes for load in asked))
            for load in asked:
                cells[load.size, load.mailboxes][stack.label].append(deliver.carry(stack, load))
            stack.compose("stop")
        bring_up(stacks[0])
        disk = {(load.size, load.mailboxes): _limit(stacks[0], load) for load in asked}
    return Matrix(cells, disk)


def _limit(stack: Stack, load: Load) -> float:
    """Return the files a second that as many writers make as there are senders."""
    return files_a_second(stack, load.size, load.sessions)


def report(matrix: Matrix) -> Report:
    """Say what all the loads come to."""
    ours = [one for rounds in matrix.cells.values() for one in rounds["ours"]]
    delivered = {
        _cell(cell): {label: [one.delivered for one in each] for label, each in rounds.items()}
        for cell, rounds in matrix.cells.items()
    }
    ratios = {what: ratio(each["ours"], each["bare"]) for what, each in delivered.items()}
    return Report(
        bench="deliver",
        tables=[
            comparison("messages delivered a second", delivered),
            _limits(matrix),
        ],
        bars=[
            *(Bar(f"messages delivered a second, {what}, ours/bare", one, LEAST, at_least=True) for what, one in ratios.items()),
            Bar("deferred by ours", sum(one.deferred for one in ours), 0),
            Bar("lost by ours", sum(one.lost for one in ours), 0),
        ],
        figures={_cell(cell): deliver.figures(rounds) | {"disk": matrix.disk[cell]} for cell, rounds in matrix.cells.items()},
    )


def _limits(matrix: Matrix) -> str:
    rows = []
    for cell, rate in matrix.disk.items():
        delivered = Spread.of([one.delivered for one in matrix.cells[cell]["ours"]]).median
        rows.append([_cell(cell), f"{rate:.0f}", f"{delivered / rate:.2f}"])
    return table(["the disk", "files made and synced a second", "messages of ours for each"], rows)


def _cell(cell: Cell) -> str:
    size, mailboxes = cell
    return f"{size} bytes, {mailboxes} mailboxes"
