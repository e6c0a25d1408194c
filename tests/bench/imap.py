"""What do mail programs wait for: opening, fetching, searching, keeping; and what does it cost that a thousand of them listen?"""

import imaplib
import itertools
import os
import smtplib
import time
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

from . import mailboxes, memory, people
from .measure import Bar, ratio
from .pace import percentile, timed
from .people import Trust
from .report import Report, comparison, table
from .stacks import MOST_MAILBOXES, BenchError, Stack, both, box
from .start import bring_up
from .submit import UNLIMITED, letter

SMALL, SEARCHED, LARGE = "small", "searched", "large"
SIZES = {SMALL: 1000, SEARCHED: 10_000}
MOST_MORE = 1.2
LEAST_OF_BARE = 0.95
LEAST_QUICKER = 20
"""Times, that a word is found: the bare stack has no index."""
_LISTENERS = 200  # people; those of the boxes beyond have mailboxes that are filled
_FETCHED = 20
_SEARCHES = 5
_AT_ONCE = 8  # who sign in at the same time
_PUSHES = 20


@dataclass(frozen=True)
class Crowd:
    """Connections that listen: how many were let in of those that tried, anonymous bytes for each, seconds until one is told."""

    tried: int
    held: int
    bytes: float
    pushes: Sequence[float]


@dataclass(frozen=True)
class Outcome:
    """What was measured: `moments` in seconds, by what was done and then by the stack's label; and each stack's crowd."""

    moments: Mapping[str, Mapping[str, Sequence[float]]]
    crowds: Mapping[str, Crowd]


def measure(rounds: int, large: int, connections: int) -> Outcome:
    """Fill mailboxes, use them on each stack in turn, and then have many programs listen, on one stack after the other."""
    if os.geteuid():
        raise BenchError("only root may read how much memory other users' processes have: sudo scripts/bench imap")
    moments: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    with both(many=True, settings=UNLIMITED) as stacks:
        for stack in stacks:
            bring_up(stack)
            stack.make_mailboxes(MOST_MAILBOXES)
        sizes = SIZES | {LARGE: large}
        desks = [Desk(stack, sizes) for stack in stacks]
        first = {f"{size} letters opened for the first time": partial(Desk.open, name=name) for name, size in sizes.items()}
        first["the first search, which makes the index"] = Desk.search
        for acts, count in ((first, 1), (_ACTS, rounds), ({_SEARCH: Desk.search}, _SEARCHES)):
            for _, (what, act), desk in itertools.product(range(count), acts.items(), desks):
                moments[what][desk.label].append(timed(partial(act, desk)))
        for desk in desks:
            desk.close()
        crowds = {desk.label: _listen(desk.stack, desk.tls, connections) for desk in desks}
    return Outcome({what: dict(by_label) for what, by_label in moments.items()}, crowds)


class Desk:
    """Mail programs of people on a running stack: one for each mailbox that `sizes` names, which it fills with as many letters.

    They are the last of the boxes, to which no load is sent.
    """

    def __init__(self, stack: Stack, sizes: Mapping[str, int]) -> None:
        self.stack, self.label, self.sizes, self.tls = stack, stack.label, sizes, people.trust(stack)
        self._owners = {name: box(MOST_MAILBOXES - number) for number, name in enumerate(sizes)}
        for name, count in sizes.items():
            mailboxes.fill(stack, self._owners[name], count)
        self._programs = ExitStack()
        self._servers = {name: self._sign_in(name) for name in sizes}

    def _sign_in(self, name: str) -> imaplib.IMAP4:
        return self._programs.enter_context(people.reading(self.stack, self._owners[name], self.tls))

    def open(self, name: str) -> None:
        """Look into a mailbox and fetch the list of its latest letters, in a session that is kept."""
        _open(self._servers[name])

    def open_anew(self) -> None:
        """Sign in, do the same with the small mailbox, and leave."""
        with people.reading(self.stack, self._owners[SMALL], self.tls) as server:
            _open(server)

    def append(self) -> None:
        """Keep a letter in the small mailbox, as for what was sent."""
        server = self._servers[SMALL]
        _must(server.append("INBOX", None, None, letter(self._owners[SMALL])))

    def search(self) -> None:
        """Find the one letter with a word in its text."""
        found = _must(self._servers[SEARCHED].search(None, "BODY", mailboxes.NEEDLE))
        if found != [str(self.sizes[SEARCHED]).encode()]:
            raise BenchError(f"{self.label}: the search for one letter found {found!r}")

    def close(self) -> None:
        """Have everybody leave."""
        self._programs.close()


def _open(server: imaplib.IMAP4) -> None:
    count = int(_must(server.select("INBOX"))[0])
    _must(server.fetch(f"{count - _FETCHED + 1}:*", "(FLAGS ENVELOPE)"))


def _must(answer: tuple[str, list]) -> list:
    said, rest = answer
    if said != "OK":
        raise BenchError(f"IMAP said {said} {rest!r}")
    return rest


_SEARCH = f"a word searched in {SIZES[SEARCHED]} letters"
_OPEN_SMALL, _OPEN_LARGE = "select and fetch, kept session", "select and fetch, the large mailbox"
_OPEN_ANEW = "login, select and fetch"
_ACTS: Mapping[str, Callable[[Desk], object]] = {
    _OPEN_SMALL: partial(Desk.open, name=SMALL),
    _OPEN_LARGE: partial(Desk.open, name=LARGE),
    _OPEN_ANEW: Desk.open_anew,
    "append": Desk.append,
}


def _listen(stack: Stack, tls: Trust, connections: int) -> Crowd:
    """Have that many programs listen, as the people one after the other, and tell them all of a letter, person by person."""
    people_here = [box(number) for number in range(1, _LISTENERS + 1)]
    owners = list(itertools.islice(itertools.cycle(people_here), connections))
    before = memory.look(stack).anonymous
    with ExitStack() as programs:
        servers = _enter(stack, tls, owners, programs)
        if not servers:
            raise BenchError(f"{stack.label}: nobody was let in to listen")
        grown = memory.look(stack).anonymous - before
        sender = programs.enter_context(people.sending(stack, people_here[0], tls))
        pushes = _push(sender, people_here[0], {owner: servers[owner] for owner in people_here[:_PUSHES] if owner in servers})
    held = sum(map(len, servers.values()))
    return Crowd(connections, held, grown / held, pushes)


def _enter(stack: Stack, tls: Trust, owners: Sequence[str], programs: ExitStack) -> Mapping[str, Sequence[imaplib.IMAP4]]:
    """Sign in and listen, several at a time; return who was let in, by the owner of the mailbox."""

    def enter(owner: str) -> imaplib.IMAP4 | None:
        try:
            server = programs.enter_context(people.reading(stack, owner, tls))
            people.idle(server)
        except people.NOT_YET:
            return None
        return server

    servers: dict[str, list[imaplib.IMAP4]] = defaultdict(list)
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        for owner, server in zip(owners, threads.map(enter, owners), strict=True):
            if server:
                servers[owner].append(server)
    return servers


def _push(sender: smtplib.SMTP, address: str, servers: Mapping[str, Sequence[imaplib.IMAP4]]) -> Sequence[float]:
    """Send a letter to each owner; return the seconds until each of their programs was told of it."""
    with ThreadPoolExecutor(sum(map(len, servers.values()))) as threads:
        told = {owner: [threads.submit(_wait_told, server) for server in each] for owner, each in servers.items()}
        begun = {}
        for owner in servers:
            sender.sendmail(address, [owner], letter(address))
            begun[owner] = time.perf_counter()
        return [one.result() - begun[owner] for owner, each in told.items() for one in each]


def _wait_told(server: imaplib.IMAP4) -> float:
    people.wait_pushed(server)
    return time.perf_counter()


def report(outcome: Outcome) -> Report:
    """Say what came out."""
    milliseconds = {
        what: {label: [1000 * one for one in each] for label, each in by_label.items()}
        for what, by_label in outcome.moments.items()
    }
    ours, bare = ({what: by_label[label] for what, by_label in outcome.moments.items()} for label in ("ours", "bare"))
    return Report(
        bench="imap",
        tables=[comparison("milliseconds", milliseconds), _crowds(outcome.crowds), _watched()],
        bars=[
            Bar("select and fetch, the large mailbox/the small one", ratio(ours[_OPEN_LARGE], ours[_OPEN_SMALL]), MOST_MORE),
            *(
                Bar(f"{what}, as many a second as bare", ratio(bare[what], ours[what]), LEAST_OF_BARE, at_least=True)
                for what in (_OPEN_SMALL, _OPEN_ANEW)
            ),
            Bar(f"{_SEARCH}, bare/ours, by our index", ratio(bare[_SEARCH], ours[_SEARCH]), LEAST_QUICKER, at_least=True),
            Bar("programs that were not let in to listen", outcome.crowds["ours"].tried - outcome.crowds["ours"].held, 0),
        ],
        figures=asdict(outcome),
    )


def _watched() -> str:
    """Return what inotify(7) leaves of the pushes: all mailboxes belong to one user, and so do all programs that watch them."""
    most = Path("/proc/sys/fs/inotify/max_user_instances").read_text().strip()
    return (
        f"{most} programs of a user are told of changes on this machine (fs.inotify.max_user_instances); "
        "for the others Dovecot looks every 30 s."
    )


def _crowds(crowds: Mapping[str, Crowd]) -> str:
    rows = [
        ["let in", *(f"{one.held} of {one.tried}" for one in crowds.values())],
        ["kB for each", *(f"{one.bytes / 1024:.0f}" for one in crowds.values())],
        ["milliseconds until one is told, 50 %", *(f"{1000 * percentile(one.pushes, 50):.1f}" for one in crowds.values())],
        ["95 %", *(f"{1000 * percentile(one.pushes, 95):.1f}" for one in crowds.values())],
    ]
    return table(["programs that listen", *crowds], rows)
