"""What people teach the filter by moving letters into and out of Junk. Standard library; the keeper's.

Dovecot's plugin mail_log tells of each letter that is copied or moved; the keeper keeps what concerns Junk in a file, and
`mailstead learn` (teaching.py) has the filter read those letters. So nobody's move waits for the filter, none is lost while
it is away, and Dovecot runs no program (the Sieve plugin that would, extprograms, stays off).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from .places import LESSONS

MOVED = b": copy from "
"""What stands in the lines of mail_log."""
JUNK = "Junk"
_NO_LESSON = (JUNK, "Trash")
_LINE = re.compile(rb"^imap\((?P<user>[^()\s]+)\)<\d+><[^>]*>: copy from (?P<origin>.+): box=(?P<box>.+), uid=(?P<uid>\d+)$")


@dataclass(frozen=True)
class Lesson:
    """A letter (`uid` in `folder` of an account) that is spam, or is not."""

    kind: Literal["spam", "ham"]
    user: str
    uid: int
    folder: str

    def __str__(self) -> str:
        return f"{self.kind} {self.user} {self.uid} {self.folder}"


def heard(line: bytes) -> Lesson | None:
    """Return what a line of Dovecot's teaches, if anything: to put a letter into Trash says nothing about it."""
    found = _LINE.match(line)
    if not found:
        return None
    origin, box = (found[name].decode(errors="replace") for name in ("origin", "box"))
    kind: Literal["spam", "ham"] = "spam" if box == JUNK else "ham"
    if origin == box or (origin if kind == "ham" else box) != JUNK or (kind == "ham" and box in _NO_LESSON):
        return None
    return Lesson(kind, found["user"].decode(errors="replace"), int(found["uid"]), box)


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
        kind, user, uid, folder = line.split(" ", 3)
        yield Lesson("spam" if kind == "spam" else "ham", user, int(uid), folder)
