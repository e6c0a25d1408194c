"""Mail programs that work in one mailbox at once, each with letters of its own; and what must be there in the end."""

import functools
import imaplib
import itertools
import random
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from support.people import Person

FLAGS = (r"\Seen", r"\Flagged", r"\Answered", "$Forwarded", "Urgent")
_LETTER = "Message-ID: <{}@hands.test>\r\nSubject: {}\r\n\r\nOne of many.\r\n"
_FOUND = re.compile(rb"UID (\d+) FLAGS \(([^)]*)\)")
_NAME = re.compile(rb"<(\S+)@hands.test>")
Place = tuple[str, int]
"""A folder and a UID in it."""


@dataclass
class Model:
    """What must be in the mailbox: (folder, UID) to the letter's name and its flags. No UID is ever somebody else's."""

    letters: dict[Place, tuple[str, frozenset[str]]] = field(default_factory=dict)
    given: dict[Place, str] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def give(self, place: Place, name: str, flags: frozenset[str]) -> None:
        """Note that a letter has got a place; AssertionError where that was another letter's."""
        with self._lock:
            first = self.given.setdefault(place, name)
            assert first == name, f"{place} was given to {first} and to {name}"
            assert place not in self.letters, f"{place} was given to {name} twice"
            self.letters[place] = name, flags

    def take(self, place: Place) -> tuple[str, frozenset[str]]:
        """Note that a letter is gone from its place; return what it was."""
        with self._lock:
            return self.letters.pop(place)

    def mark(self, place: Place, flags: frozenset[str]) -> None:
        """Note that these are a letter's flags."""
        with self._lock:
            self.letters[place] = self.letters[place][0], flags


class Hand:
    """One program: it changes what it has put there itself, and so knows what must become of it. `done` counts its commands,
    `problems` are what the server should not have said.
    """

    def __init__(self, person: Person, folders: Sequence[str], model: Model, chance: random.Random) -> None:
        self.done = 0
        self.problems: list[str] = []
        self._person, self._folders, self._model, self._chance = person, folders, model, chance
        self._names = itertools.count()
        self._mine: list[Place] = []
        self._folder = folders[0]

    def worker(self, commands: int) -> Callable[[], None]:
        """Return what does so many commands of chance's choice, and ends at the first that goes wrong."""
        return functools.partial(self._work, commands)

    def _work(self, commands: int) -> None:
        with self._person.inbox.imap(self._folder) as self._server:
            for command in self._chance.choices(list(_COMMANDS), list(_COMMANDS.values()), k=commands):
                try:
                    command(self)
                except (OSError, imaplib.IMAP4.error, AssertionError) as error:
                    self.problems.append(f"{command.__name__}, number {self.done}: {error!r}")
                self.done += 1

    def _told(self, answer: tuple[str, list[bytes]]) -> None:
        assert answer[0] == "OK", answer

    def _select(self) -> None:
        self._folder = self._chance.choice(self._folders)
        self._told(self._server.select(self._folder))

    def _append(self) -> None:
        name = f"{id(self):x}-{next(self._names)}"
        folder, flags = self._chance.choice(self._folders), self._some_flags()
        self._told(self._server.append(folder, f"({' '.join(flags)})", None, _LETTER.format(name, name).encode()))
        uid = int(self._server.response("APPENDUID")[1][-1].split()[-1])
        self._give((folder, uid), name, flags)

    def _give(self, place: Place, name: str, flags: frozenset[str]) -> None:
        self._model.give(place, name, flags)
        self._mine.append(place)

    def _some_flags(self) -> frozenset[str]:
        return frozenset(flag for flag in FLAGS if self._chance.random() < 0.3)

    def _one_of_mine(self) -> Place | None:
        here = [place for place in self._mine if place[0] == self._folder]
        return self._chance.choice(here) if here else None

    def _mark(self) -> None:
        if place := self._one_of_mine():
            flags = self._some_flags()
            self._told(self._server.uid("STORE", str(place[1]), "FLAGS.SILENT", f"({' '.join(flags)})"))
            self._model.mark(place, flags)

    def _copy(self) -> None:
        if place := self._one_of_mine():
            folder = self._chance.choice(self._folders)
            self._told(self._server.uid("COPY", str(place[1]), folder))
            self._put(folder, *self._model.letters[place])

    def _move(self) -> None:
        if place := self._one_of_mine():
            folder = self._chance.choice([one for one in self._folders if one != place[0]])
            self._told(self._server.uid("MOVE", str(place[1]), folder))
            self._mine.remove(place)
            self._put(folder, *self._model.take(place))

    def _put(self, folder: str, name: str, flags: frozenset[str]) -> None:
        """Note where a letter has been put; nowhere, if it has got another UID than the one we knew."""
        copied = self._server.response("COPYUID")[1][-1]
        if copied:
            self._give((folder, int(copied.split()[-1])), name, flags)

    def _expunge(self) -> None:
        if place := self._one_of_mine():
            self._told(self._server.uid("STORE", str(place[1]), "+FLAGS.SILENT", r"(\Deleted)"))
            self._told(self._server.uid("EXPUNGE", str(place[1])))
            self._mine.remove(place)
            self._model.take(place)

    def _idle(self) -> None:
        self._server.send(b"I1 IDLE\r\n")
        self._read_until(b"+")
        self._server.send(b"DONE\r\n")
        self._read_until(b"I1 OK")

    def _read_until(self, begin: bytes) -> None:
        assert any(line.startswith(begin) for line in iter(self._server.readline, b"")), "hung up"


_COMMANDS: dict[Callable[[Hand], None], int] = {
    Hand._append: 25,
    Hand._mark: 25,
    Hand._copy: 10,
    Hand._move: 15,
    Hand._expunge: 10,
    Hand._select: 10,
    Hand._idle: 5,
}
"""What a program does, and how often of a hundred times."""


def contents(person: Person, folders: Sequence[str]) -> dict[Place, tuple[str, frozenset[str]]]:
    """Return what is in the folders, as a newcomer sees it: (folder, UID) to the letter's name and its flags."""
    return {place: letter for folder in folders for place, letter in _folder(person, folder)}


def _folder(person: Person, folder: str) -> list[tuple[Place, tuple[str, frozenset[str]]]]:
    with person.inbox.imap(folder) as server:
        answer = server.uid("FETCH", "1:*", "(UID FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
    return [_read(folder, *part) for part in answer if isinstance(part, tuple)]


def _read(folder: str, facts: bytes, headers: bytes) -> tuple[Place, tuple[str, frozenset[str]]]:
    uid, flags = _FOUND.search(facts).groups()
    kept = frozenset(flags.decode().split()) - {r"\Recent"}
    return (folder, int(uid)), (_NAME.search(headers)[1].decode(), kept)
