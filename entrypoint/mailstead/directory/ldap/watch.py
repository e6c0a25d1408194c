"""A directory server watched for the follower (follower.Watch): asked for everything again and again, since few tell of changes.

While it does not answer, people who want to send are told to try again: saslauthd itself would tell them that their password is
wrong, so that nobody is let to it (services/saslauthd).
"""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

from ...services import saslauthd
from ...settings import Settings
from .. import DirectoryError, Place, looked_into
from . import away
from .reading import digest
from .search import Search

PAUSE = 5.0  # seconds
_PATIENCE = 5.0  # seconds
_SHARE = 20  # so many times longer than a look takes is the pause after it


class Watch:
    """A connection to the directory server, and what its entries were when they were last looked at, as a digest."""

    def __init__(self, search: Search, place: Place) -> None:
        self._search = search
        self._place = place
        self._seen = ""
        self._cost = 0.0

    def state(self) -> str:
        """Return the counter of the mirror if it shows the entries as they are, else a word."""
        counter, mirrored = _mirror(self._place)
        return counter if mirrored == self._seen else "another"

    def listen(self) -> None:
        """Look at all entries."""
        began = time.monotonic()
        try:
            self._seen = digest(self._search.kinds())
        except DirectoryError as error:
            away.note(self._place, str(error))
            saslauthd.shut()
            raise
        saslauthd.reopen()
        away.clear(self._place)
        self._cost = time.monotonic() - began

    def wait(self, seconds: float) -> None:
        """Look again after a pause."""
        time.sleep(max(min(seconds, PAUSE), _SHARE * self._cost))
        self.listen()


def _mirror(place: Place) -> tuple[str, str]:
    try:
        with closing(looked_into(place.url, patience=_PATIENCE)) as connection:
            kept = dict(connection.execute("SELECT key, value FROM meta"))
        return kept["counter"], kept.get("digest", "")
    except (sqlite3.Error, KeyError):
        return "", ""


@contextmanager
def watching(settings: Settings, place: Place) -> Iterator[Watch]:
    """Yield a connection; DirectoryError when the server is away, also when it goes away meanwhile."""
    with Search(settings) as search:
        yield Watch(search, place)
