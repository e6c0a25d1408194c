"""What people teach the filter by moving letters into and out of Junk. Standard library; the keeper's.

Sieve scripts of ours see each such move (imapsieve) and name it in Dovecot's log; the keeper keeps what it hears there in a file,
and `mailstead learn` (teaching.py) has the filter read those letters. So nobody's move waits for the filter, none is lost while
it is away, and Dovecot runs no program (the Sieve plugin that would, extprograms, stays off).
"""

import re
from collections import namedtuple
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from .places import LESSONS

MARK = b": sieve: DEBUG: lesson "
"""What stands in the lines that our scripts write."""
_NO_LESSON = ("Junk", "Trash")
_LINE = re.compile(
    rb"^\w{3} [ \d]\d [\d:]{8} imap\(([^()\s]+)\)<\d+><[^>]*>: Info: sieve: DEBUG: lesson (spam|ham) (<[^<>\s]+>) (.+)$"
)


# dataclasses and typing would be 1.8 MB of the keeper's memory.
class Lesson(namedtuple("Lesson", ("kind", "user", "id", "folder"))):
    """A letter (`id` is its Message-ID, RFC 5322) that is "spam" or "ham", and the folder of its reader's that it is in now."""

    __slots__ = ()

    def __str__(self) -> str:
        return f"{self.kind} {self.user} {self.id} {self.folder}"


def heard(line: bytes) -> Lesson | None:
    """Return what a line of Dovecot's teaches, if anything: to put a letter into Trash says nothing about it."""
    found = _LINE.match(line)
    if not found:
        return None
    user, kind, id_, folder = (word.decode(errors="replace") for word in found.groups())
    if kind == "ham" and folder in _NO_LESSON:
        return None
    return Lesson(kind, user, id_, folder)


def keep(lessons: Iterable[Lesson], place: Path = LESSONS) -> None:
    """Add lessons to those that wait."""
    with place.open("a", encoding="utf-8") as file:
        file.writelines(f"{one}\n" for one in lessons)


def taken(place: Path = LESSONS) -> Path:
    """Return the file of those that are being taught."""
    return place.with_name(f"{place.name}.taken")


def take(place: Path = LESSONS) -> Sequence[Lesson]:
    """Return the lessons that wait, those of an attempt that failed first; they are kept until `done`."""
    beside = taken(place)
    if not beside.exists() and place.exists():
        place.rename(beside)
    return list(_read(beside)) if beside.exists() else []


def done(place: Path = LESSONS) -> None:
    """Forget what `take` returned."""
    taken(place).unlink(missing_ok=True)


def _read(file: Path) -> Iterator[Lesson]:
    for line in file.read_text(encoding="utf-8").splitlines():
        kind, user, id_, folder = line.split(" ", 3)
        yield Lesson(kind, user, id_, folder)
