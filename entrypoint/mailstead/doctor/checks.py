"""What a check is, and what it may say. A check is a generator of verdicts, declared with its id:

    @check("dns.mx", outside=True)
    def mx(context: Context) -> Iterator[Verdict]:
        \"\"\"Mail for each domain is led here (MX, RFC 5321, 5).\"\"\"
        yield passed("10 mail.example.org", of="example.org")

Its docstring is what docs/doctor.md says of it. A check that cannot be carried out raises Untestable.
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from .context import Context

T = TypeVar("T")
_AT_ONCE = 16


class Status(StrEnum):
    """How a look at one thing ended; SKIP for what was not tested."""

    PASS = "pass"
    WARN = "warn"
    FAIL = "fail"
    SKIP = "skip"


@dataclass(frozen=True)
class Verdict:
    """What a check found about one thing: `of` names it where a check looks at several, `mend` says what to type."""

    status: Status
    said: str
    mend: str = ""
    of: str = ""


@dataclass(frozen=True)
class Finding:
    """A verdict under its stable name: the check's id, or id:of. This is what programs are told."""

    id: str
    status: Status
    said: str
    mend: str


@dataclass(frozen=True)
class Check:
    """One thing the doctor looks at. `id` is area.name; `outside` checks ask beyond this container, and not with --offline."""

    id: str
    about: str
    outside: bool
    run: Callable[["Context"], Iterator[Verdict]]

    @property
    def area(self) -> str:
        """What kind of thing it is about."""
        return self.id.partition(".")[0]

    def finding(self, verdict: Verdict) -> Finding:
        """Return a verdict of this check under its name."""
        name = f"{self.id}:{verdict.of}" if verdict.of else self.id
        return Finding(name, verdict.status, verdict.said, verdict.mend)


class Untestable(Exception):
    """Why something cannot be tested, in words: it becomes a SKIP, and never a PASS."""


def check(id: str, *, outside: bool = False) -> Callable[[Callable[["Context"], Iterator[Verdict]]], Check]:
    """Declare a generator of verdicts as a check."""
    return lambda run: Check(id, " ".join((run.__doc__ or "").split()), outside, run)


def each(look: Callable[[T], Verdict], things: Iterable[T]) -> Iterator[Verdict]:
    """Yield a verdict about each of several things, in their order; all are looked at, at once, since each may take its time."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(look, things)


def passed(said: str, *, of: str = "") -> Verdict:
    """It was tested, and is as it should be."""
    return Verdict(Status.PASS, said, of=of)


def warn(said: str, mend: str, *, of: str = "") -> Verdict:
    """Mail goes on, and somebody should know."""
    return Verdict(Status.WARN, said, mend, of)


def fail(said: str, mend: str, *, of: str = "") -> Verdict:
    """Something does not work, or is open to strangers."""
    return Verdict(Status.FAIL, said, mend, of)


def skipped(said: str, *, of: str = "") -> Verdict:
    """It was not tested, for this reason."""
    return Verdict(Status.SKIP, said, of=of)
