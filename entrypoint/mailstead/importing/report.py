"""What an import has to say about each line it met: taken, changed, left out, or kept for later; and where the line stands."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from ..places import IMPORTED

TAKEN, CHANGED, LEFT_OUT, KEPT = "taken", "changed", "left out", "kept for later"
_HEADS = {TAKEN: "Taken", CHANGED: "Taken, but not as it was", LEFT_OUT: "Left out", KEPT: f"Kept for later, below {IMPORTED}"}
_LONGEST = 160


@dataclass(frozen=True)
class Line:
    """A line of a file that is imported: the file's name below its folder, the line's number from 1 (0: the whole file)."""

    file: str
    number: int = 0
    text: str = field(default="", repr=False)

    @property
    def place(self) -> str:
        """Where it stands, as FILE:NUMBER."""
        return f"{self.file}:{self.number}" if self.number else self.file


@dataclass(frozen=True)
class Entry:
    """One thing that was met: what became of it, where it stands, what it is, and why, in words. Never a secret."""

    outcome: str
    line: Line
    what: str
    words: str


@dataclass
class Report:
    """All that an import has to say. `files`: those that are read, in their order."""

    entries: list[Entry] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def taken(self, line: Line, what: str, words: str) -> None:
        """Say that something is here as it was there."""
        self._add(TAKEN, line, what, words)

    def changed(self, line: Line, what: str, words: str) -> None:
        """Say that something is here, and what is different about it."""
        self._add(CHANGED, line, what, words)

    def left_out(self, line: Line, what: str, words: str) -> None:
        """Say that something is not here, and why, or what to do instead."""
        self._add(LEFT_OUT, line, what, words)

    def kept(self, line: Line, what: str, words: str) -> None:
        """Say that a file is put by, and what for."""
        self._add(KEPT, line, what, words)

    def _add(self, outcome: str, line: Line, what: str, words: str) -> None:
        # A reason may quote the stranger too.
        self.entries.append(Entry(outcome, line, shown(what), _printable(words)))

    def of(self, outcome: str) -> list[Entry]:
        """Return the entries of one outcome, file by file, each from its first line to its last."""
        met = dict.fromkeys([*self.files, *(entry.line.file for entry in self.entries)])
        files = {file: number for number, file in enumerate(met)}
        entries = [entry for entry in self.entries if entry.outcome == outcome]
        return sorted(entries, key=lambda entry: (files[entry.line.file], entry.line.number))

    @property
    def complete(self) -> bool:
        """Whether nothing was left out."""
        return not self.of(LEFT_OUT)

    def lines(self) -> Iterator[str]:
        """Yield the report for people: a head for each outcome, and its entries below."""
        for outcome, head in _HEADS.items():
            entries = self.of(outcome)
            if entries:
                yield f"{head} ({len(entries)}):"
                yield from (f"  {entry.line.place}  {entry.what}: {entry.words}" for entry in entries)
                yield ""

    def facts(self) -> list[dict[str, Any]]:
        """Return the report for programs."""
        return [
            {"outcome": one.outcome, "file": one.line.file, "line": one.line.number or None, "what": one.what, "words": one.words}
            for one in self.entries
        ]


def shown(text: str) -> str:
    """Return a text from a stranger's file as it may be printed: one line, nothing a terminal obeys, not too long."""
    printable = _printable(" ".join(text.split()))
    return printable if len(printable) <= _LONGEST else printable[: _LONGEST - 3] + "..."


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else "?" for sign in text)
