"""Mail that goes on being sent, whatever happens to the server: by other servers, by people, and straight into folders."""

import collections
import contextlib
import functools
import imaplib
import itertools
import smtplib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Self

from faults.ledger import Ledger
from faults.meanwhile import Meanwhile
from support import clients
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

RATE = 20  # messages a second, of all sessions together
AGAIN = 0.05  # seconds until somebody who was cut off comes again
LATE = 1.0  # seconds of lost time that are made up for
BROKEN = (OSError, imaplib.IMAP4.error, smtplib.SMTPException, EOFError, AssertionError)
PUT_OFF = {"450", "451", "454", "421"}
BROKEN_OFF = {"TimeoutError", "SMTPServerDisconnected", "ConnectionResetError", "ConnectionRefusedError", "abort", "SSLEOFError"}
"""What `refusals` may hold while something is away: who hears it comes again."""
Send = Callable[[bytes], object]


class Load(Meanwhile):
    """Sessions that go on writing to `people` while the `with` lasts.

    4 are those of other servers (25), 3 those of people (465; every fourth letter goes to the world's sink), 3 APPEND (993).

    `taken` counts what was acknowledged, by kind of session. `refusals` counts the answers other than yes: an SMTP code, "NO", or
    the kind of error of a connection that broke.
    """

    kinds: Sequence[str] = ("inbound",) * 4 + ("submission",) * 3 + ("append",) * 3

    def __init__(
        self, stack: Stack, people: Sequence[Person], ledger: Ledger, *, rate: float = RATE, kinds: Sequence[str] | None = None
    ) -> None:
        self.stack = stack
        self.ledger = ledger
        self.taken: collections.Counter[str] = collections.Counter()
        self.refusals: collections.Counter[str] = collections.Counter()
        self._people = people
        self._writer = people[0]
        self._outside = f"{ledger.name}@elsewhere.test"
        self._turns = itertools.count()
        self._pause, self._next, self._lock = 1 / rate, time.monotonic(), threading.Lock()
        self.kinds = kinds or self.kinds
        super().__init__(functools.partial(self._session, kind) for kind in self.kinds)

    @property
    def sessions(self) -> int:
        """How many letters can be on their way at once."""
        return len(self.threads)

    def __enter__(self) -> Self:
        self.stack.world.sink  # noqa: B018 - its name is there from now on
        return super().__enter__()

    def wait_for_more(self, count: int, what: str, within: float = 60) -> None:
        """Wait until so many more messages have been acknowledged."""
        goal = len(self.ledger.acknowledged) + count
        wait_until(lambda: len(self.ledger.acknowledged) >= goal, within, what=f"{what} ({dict(self.refusals)})")

    def wait_for_every_kind(self, what: str, within: float = 60) -> float:
        """Wait until a message has been acknowledged to each kind of session; return how many seconds it took."""
        began, before = time.monotonic(), self.taken.copy()
        wait_until(
            lambda: all(self.taken[kind] > before[kind] for kind in self.kinds), within, what=f"{what} ({dict(self.refusals)})"
        )
        return time.monotonic() - began

    def wait_for_attempts(self, count: int, within: float = 90) -> None:
        """Wait until so many more messages have been acknowledged, refused, or cut off."""
        goal = self._attempts() + count
        wait_until(lambda: self._attempts() >= goal, within, what=f"mail to be tried ({dict(self.refusals)})")

    def _attempts(self) -> int:
        return len(self.ledger.acknowledged) + self.refusals.total()

    def _session(self, kind: str) -> None:
        while not self.over.is_set():
            try:
                with _KINDS[kind](self) as send:
                    while self._my_turn():
                        name, letter = self.ledger.write()
                        send(letter)
                        self.ledger.acknowledge(name)
                        self.taken[kind] += 1
            except BROKEN as error:
                self.refusals[_answer(error)] += 1
                self.over.wait(AGAIN)

    def _my_turn(self) -> bool:
        with self._lock:
            self._next = max(self._next + self._pause, time.monotonic() - LATE)
            mine = self._next
        return not self.over.wait(max(0, mine - time.monotonic()))

    def _reader(self) -> Person:
        return self._people[next(self._turns) % len(self._people)]

    @contextlib.contextmanager
    def _inbound(self) -> Iterator[Send]:
        with clients.smtp(self.stack) as server:
            # From nobody (RFC 5321, 4.5.5): no answer is wanted, and no sender need exist.
            yield lambda letter: server.sendmail("", [self._reader().address], letter)

    @contextlib.contextmanager
    def _submission(self) -> Iterator[Send]:
        turns = itertools.count(1)
        author = f"From: {self._writer.address}\r\n".encode()
        with self._writer.signed_in() as server:
            yield lambda letter: server.sendmail(
                self._writer.address,
                [self._outside if next(turns) % 4 == 0 else self._reader().address],
                author + letter,
            )

    @contextlib.contextmanager
    def _append(self) -> Iterator[Send]:
        with self._reader().inbox.imap() as server:
            yield lambda letter: _kept(server, letter)


def _kept(server: imaplib.IMAP4, letter: bytes) -> None:
    status, answer = server.append("INBOX", None, None, letter)
    if status != "OK":
        raise imaplib.IMAP4.error(answer)


def _answer(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return str(error.smtp_code)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return str(next(iter(error.recipients.values()))[0])
    if type(error) in (imaplib.IMAP4.error, AssertionError):  # a folder that cannot be opened, too
        return "NO"
    return type(error).__name__


_KINDS: dict[str, Callable[[Load], contextlib.AbstractContextManager[Send]]] = {
    "inbound": Load._inbound,
    "submission": Load._submission,
    "append": Load._append,
}
