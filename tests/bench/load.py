"""Mail as other servers bring it: smtp-source(1) of Debian's Postfix, in a container of its own on the stack's network."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from .stacks import BARE_IMAGE, MOST_MAILBOXES, POSTMASTER, BenchError, Stack, box, run

_TIMEOUT = 900  # seconds
# One smtp-source for each mailbox; each message comes by a connection of its own. The clock is read beside them.
_SCRIPT = 'date +%s.%N && printf "%s\\n" "$@" | xargs -P "$0" -I BOX smtp-source {options} -t BOX mail:25 && date +%s.%N'
# ctime, since a message is there when it has been renamed into new/.
_ARRIVALS = ["find", "/var/mail", "-path", "*/box*/Maildir/new/*", "-type", "f", "-printf", "%C@ %h\n"]
_WAIT = 'until [ "$(find /var/mail -path "*/box*/Maildir/new/*" -type f | wc -l)" -ge "$0" ]; do sleep 1; done'
_STILL = 20  # seconds in which nothing arrives: then nothing more is expected


@dataclass(frozen=True)
class Load:
    """How many messages of `size` bytes, over how many sessions at a time, into how many mailboxes, as many into each.

    BenchError where these numbers do not divide.
    """

    messages: int = 2000
    sessions: int = 20
    mailboxes: int = 20
    size: int = 4096

    def __post_init__(self) -> None:
        if not 1 <= self.mailboxes <= MOST_MAILBOXES:
            raise BenchError(f"mailboxes: from 1 to {MOST_MAILBOXES}, not {self.mailboxes}")
        if self.messages % self.mailboxes:
            raise BenchError(f"{self.messages} messages cannot be shared out equally to {self.mailboxes} mailboxes")
        if self.sessions % self.mailboxes and self.sessions > self.mailboxes:
            raise BenchError(f"{self.sessions} sessions cannot be shared out equally to {self.mailboxes} mailboxes")

    @property
    def each(self) -> int:
        """Messages for each mailbox."""
        return self.messages // self.mailboxes


@dataclass(frozen=True)
class Arrival:
    """A message in a mailbox: when it came there (seconds of the epoch) and which folder it is in."""

    moment: float
    folder: str


def send(stack: Stack, load: Load) -> tuple[float, float]:
    """Hand the load to port 25; return when the first message was begun and when the last was accepted (seconds of the epoch).

    BenchError if one was not accepted: smtp-source ends at the first refusal.
    """
    options = f"-s {max(1, load.sessions // load.mailboxes)} -m {load.each} -l {load.size} -f {POSTMASTER}"
    script = ["-c", _SCRIPT.format(options=options), str(min(load.sessions, load.mailboxes))]
    boxes = [box(number) for number in range(1, load.mailboxes + 1)]
    output = run([*stack.beside("--entrypoint", "sh", BARE_IMAGE), *script, *boxes], timeout=_TIMEOUT)
    begun, ended = output.split()
    return float(begun), float(ended)


def arrivals(stack: Stack) -> list[Arrival]:
    """Return all messages in the mailboxes of the load, in the order they came."""
    found = (line.split(" ", 1) for line in stack.exec(*_ARRIVALS).splitlines())
    return sorted((Arrival(float(moment), folder) for moment, folder in found), key=lambda one: one.moment)


def wait_arrived(stack: Stack, total: int) -> list[Arrival]:
    """Wait until `total` messages are in the mailboxes, or none has come for 20 s; return those that are there.

    The waiting is done in the container, by one process that looks once a second: what is measured has few processors.
    """
    seen, found = -1, arrivals(stack)
    while seen < len(found) < total:
        seen = len(found)
        stack.attempt("timeout", str(_STILL), "sh", "-c", _WAIT, str(total))
        found = arrivals(stack)
    return found


def short_of(load: Load, before: Sequence[Arrival], after: Sequence[Arrival]) -> tuple[int, int]:
    """Return how many messages the mailboxes of a load lack, and how many they have twice."""
    came = Counter(one.folder for one in after)
    came.subtract(one.folder for one in before)
    came = +came  # without the mailboxes of earlier loads alone
    differences = [load.each - count for count in came.values()] + [load.each] * (load.mailboxes - len(came))
    return sum(max(0, one) for one in differences), sum(max(0, -one) for one in differences)
