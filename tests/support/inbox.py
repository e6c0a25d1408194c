"""A person's mail, read by IMAP."""

import contextlib
import email.policy
import imaplib
from collections.abc import Callable, Iterator
from email.parser import BytesHeaderParser

from . import clients
from .letters import Letter
from .stack import Stack
from .wait import wait_until

_HEADERS = BytesHeaderParser(policy=email.policy.default)


class Inbox:
    """The folders of one account."""

    def __init__(self, stack: Stack, address: str, password: str) -> None:
        self._stack = stack
        self._address = address
        self._password = password

    @contextlib.contextmanager
    def imap(self, folder: str = "INBOX") -> Iterator[imaplib.IMAP4]:
        """Sign in for a while, with `folder` open."""
        with clients.imaps(self._stack) as server:
            clients.imap_plain(server, self._address, self._password)
            status, answer = server.select(f'"{folder}"')
            assert status == "OK", f"{self._address} cannot open {folder}: {answer}"
            yield server

    def wait_for(self, subject: str, within: float = 30, folder: str = "INBOX") -> Letter:
        """Return the first letter with this subject once it is there."""
        what = f"{self._address} to have {subject!r} in {folder}"
        with self.imap(folder) as server:
            number = wait_until(lambda: _find(server, subject), within, what=what)
            return Letter(server.uid("FETCH", number, "(BODY.PEEK[])")[1][0][1])

    def pushed_by(self, act: Callable[[], object]) -> str:
        """Lie in wait by IDLE (RFC 2177), let `act` happen, and return the line by which the server tells of a new letter."""
        with self.imap() as server:
            server.send(b"I1 IDLE\r\n")
            assert server.readline().startswith(b"+"), "the server does not IDLE"
            act()
            line = next(line for line in iter(server.readline, b"") if b"EXISTS" in line)
            server.send(b"DONE\r\n")
            next(line for line in iter(server.readline, b"") if line.startswith(b"I1 OK"))
            return line.decode()

    def search(self, *criteria: str) -> int:
        """Return how many letters match (SEARCH of RFC 9051, 6.4.4)."""
        with self.imap() as server:
            return len(server.search("UTF-8", *criteria)[1][0].split())

    def subjects(self, folder: str = "INBOX") -> list[str]:
        """Return the subjects of a folder, oldest first."""
        with self.imap(folder) as server:
            return [subject for _, subject in _subjects(server)]


def _find(server: imaplib.IMAP4, subject: str) -> str | None:
    server.noop()
    return next((number for number, found in _subjects(server) if found == subject), None)


def _subjects(server: imaplib.IMAP4) -> list[tuple[str, str]]:
    """Return (UID, subject) of every letter in the open folder."""
    answer = server.uid("FETCH", "1:*", "(BODY.PEEK[HEADER.FIELDS (SUBJECT)])")[1]
    parts = [part for part in answer if isinstance(part, tuple)]
    return [(part[0].split()[2].decode(), _HEADERS.parsebytes(part[1])["Subject"] or "") for part in parts]
