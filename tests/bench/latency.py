"""How long from the end of a letter, as its sender sees it, until the recipient's mail program has been told of it?"""

import imaplib
import itertools
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from functools import partial

from . import people
from .measure import Bar, wait_quiet
from .pace import percentile, timed
from .plot import Line, Panel
from .report import Report, table
from .stacks import BARE_IMAGE, POSTMASTER, Stack, both, box
from .start import bring_up
from .submit import UNLIMITED, letter

MOST = {50: 0.030, 95: 0.080}  # seconds, on an idle server
BESIDE = 20  # messages a second that come from other servers meanwhile
IDLE, BUSY, ASKED = "idle", f"{BESIDE} messages a second beside", "idle, asked without a pause"
_SENDER, _RECIPIENT, _OTHER = (box(number) for number in (1, 2, 3))
_PERCENTS = (50, 95, 99)
_LONGEST = 600  # seconds of load, if nobody ends it

Moments = Mapping[str, Mapping[str, Sequence[float]]]
"""Seconds: by what the server does beside it, then by the stack's label."""


def measure(letters: int) -> Moments:
    """Send letters, each after the one before has been seen, on each stack: one that has nothing else to do, and one that has.

    A server may wait before it tells; so there is also a program that asks, which sees the letter at once when it is there.
    """
    moments: dict[str, dict[str, list[float]]] = {IDLE: {}, BUSY: {}, ASKED: {}}
    with both(settings=UNLIMITED) as stacks:
        for stack in stacks:
            bring_up(stack)
            stack.make_mailboxes(3)
        for (what, (load, *program)), stack in itertools.product(_WAYS.items(), stacks):
            wait_quiet()
            with load(stack):
                moments[what][stack.label] = _watch(stack, letters, *program)
    return moments


Step = Callable[[imaplib.IMAP4], object]


def _watch(stack: Stack, letters: int, begin: Step, notice: Step) -> list[float]:
    tls = people.trust(stack)
    with people.sending(stack, _SENDER, tls) as sender, people.reading(stack, _RECIPIENT, tls) as recipient:
        begin(recipient)

        def send_and_notice() -> float:
            sender.sendmail(_SENDER, [_RECIPIENT], letter(_SENDER))
            return timed(partial(notice, recipient))

        send_and_notice()  # the first of all: everything is new to the daemons
        return [send_and_notice() for _ in range(letters)]


@contextmanager
def _load(stack: Stack) -> Iterator[None]:
    """Have other servers send to somebody else: as many sessions as messages a second, each of which rests for a second."""
    options = ["-s", str(BESIDE), "-m", str(BESIDE * _LONGEST), "-w", "1", "-l", "4096", "-f", POSTMASTER, "-t", _OTHER]
    command = stack.beside("--entrypoint", "smtp-source", BARE_IMAGE, *options, "mail:25")
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as load:
        try:
            yield
        finally:
            load.terminate()


_WAYS = {
    IDLE: (nullcontext, people.idle, people.wait_pushed),
    BUSY: (_load, people.idle, people.wait_pushed),
    ASKED: (nullcontext, imaplib.IMAP4.select, people.ask_until_there),
}


def report(moments: Moments) -> Report:
    """Say what came out."""
    idle = moments[IDLE]["ours"]
    bars = [Bar(f"milliseconds of ours, idle, {one} %", 1000 * percentile(idle, one), 1000 * MOST[one]) for one in MOST]
    return Report(
        bench="latency",
        tables=[_table(moments), "In both, Dovecot waits half a second after a change before it tells of it (mailbox-watch.c)."],
        bars=bars,
        figures=moments,
        panels=[_panel(what, by_label) for what, by_label in moments.items()],
    )


def _table(moments: Moments) -> str:
    rows = [
        [f"{label}, {what}", *(f"{1000 * percentile(each, one):.1f}" for one in _PERCENTS), f"{1000 * max(each):.1f}"]
        for what, by_label in moments.items()
        for label, each in by_label.items()
    ]
    return table(["milliseconds from 250 to the push", *(f"{one} %" for one in _PERCENTS), "longest"], rows)


def _panel(what: str, by_label: Mapping[str, Sequence[float]]) -> Panel:
    percents = range(1, 100)
    lines = [Line(label, [(1000 * percentile(each, one), one) for one in percents]) for label, each in by_label.items()]
    return Panel(f"From 250 to the push, {what}", "milliseconds", "% of the letters", lines)
