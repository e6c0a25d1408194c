"""Sessions that are held open while other processes are killed: each of them must go on as if nothing had happened."""

import contextlib
import functools
import re
import socket
import time
from collections.abc import Mapping, Sequence
from typing import Self

from faults.ledger import Ledger
from faults.meanwhile import Meanwhile
from support.held import BROKEN, idling
from support.people import Person
from support.wait import wait_until

READERS = 3
_HEARD = 10  # seconds in which a reader hears of a letter that has come
_EXISTS = re.compile(rb"\* (\d+) EXISTS")


class _Reading:
    """Somebody who waits by IDLE while mail comes."""

    does = "reading"

    def __init__(self, person: Person, ledger: Ledger) -> None:
        self.person = person
        self._server = idling(person)
        self._server.sock.settimeout(_HEARD)

    def goes_on(self, letters: Mapping[Person, int]) -> None:
        """Hear of a letter that came after so many."""
        lines = iter(self._server.readline, b"")
        if not any(int(found[1]) > letters[self.person] for found in map(_EXISTS.match, lines) if found):
            raise EOFError

    def close(self) -> None:
        """Hang up."""
        with contextlib.suppress(OSError):
            self._server.shutdown()


class _Writing:
    """Somebody who is signed in, and sends a letter now and then."""

    does = "writing"

    def __init__(self, person: Person, ledger: Ledger) -> None:
        self.person, self._ledger = person, ledger
        self._signed_in = contextlib.ExitStack()
        self._server = self._signed_in.enter_context(person.signed_in())

    def goes_on(self, _letters: Mapping[Person, int]) -> None:
        """Send a letter to oneself."""
        name, letter = self._ledger.write()
        mine = self.person.address
        self._server.sendmail(mine, [mine], f"From: {mine}\r\n".encode() + letter)
        self._ledger.acknowledge(name)

    def close(self) -> None:
        """Hang up."""
        self._signed_in.close()


class Staying:
    """Three of `people` who wait by IDLE, and one who is signed in to write, as long as the `with` lasts."""

    def __init__(self, people: Sequence[Person], ledger: Ledger) -> None:
        self._people, self._ledger = people, ledger

    def __enter__(self) -> Self:
        readers = [_Reading(self._people[number % len(self._people)], self._ledger) for number in range(READERS)]
        self._sessions: list[_Reading | _Writing] = [*readers, _Writing(self._people[0], self._ledger)]
        return self

    def __exit__(self, *_error: object) -> None:
        for session in self._sessions:
            session.close()

    def look(self) -> None:
        """See how many letters there are, on the disk: Dovecot may be what was killed."""
        command = "; ".join(f"ls {person.home}/Maildir/cur {person.home}/Maildir/new | grep -c S=" for person in self._people)
        counted = self._people[0].stack.exec("sh", "-c", command).split()
        self._letters = dict(zip(self._people, map(int, counted), strict=True))

    def ended(self) -> set[str]:
        """Return what those were doing whose session has ended ("reading", "writing") since `look`; they have begun another.

        A reader lives who hears of a letter that came later.
        """
        ended = [session for session in self._sessions if not self._goes_on(session)]
        for session in ended:
            session.close()
            self._sessions.remove(session)
            self._sessions.append(type(session)(session.person, self._ledger))
        return {session.does for session in ended}

    def _goes_on(self, session: _Reading | _Writing) -> bool:
        try:
            session.goes_on(self._letters)
        except BROKEN:
            return False
        return True


class Listening(Meanwhile):
    """So many sessions of `people`, in turns, that wait by IDLE and hear what comes; Dovecot allows ten of each person."""

    def __init__(self, people: Sequence[Person], count: int) -> None:
        self._servers = [idling(people[number % len(people)]) for number in range(count)]
        self._heard = dict.fromkeys(range(count), 0.0)
        super().__init__(functools.partial(self._listen, number) for number in range(count))

    def __exit__(self, *error: object) -> None:
        for server in self._servers:
            with contextlib.suppress(OSError):
                server.sock.shutdown(socket.SHUT_RDWR)
        super().__exit__(*error)

    def wait_until_all_hear(self, within: float = 60) -> None:
        """Wait until each of them has heard of a letter from now on; there must be a load."""
        began = time.monotonic()
        wait_until(lambda: min(self._heard.values()) > began, within, what="every reader to hear of a letter")

    def _listen(self, number: int) -> None:
        with contextlib.suppress(OSError):
            for line in iter(self._servers[number].readline, b""):
                if _EXISTS.match(line):
                    self._heard[number] = time.monotonic()
