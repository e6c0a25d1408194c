"""A directory in PostgreSQL, as far as psycopg alone goes: the connection, the state, and the waiting for changes.

What the URL says (user, TLS, time limits) is libpq's own: https://www.postgresql.org/docs/current/libpq-connect.html
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import psycopg
from psycopg.conninfo import conninfo_to_dict

from . import TOLD, DirectoryError, newest

DIALECT = "postgresql+psycopg"
"""SQLAlchemy's name for such a database and this driver."""

_DEFAULTS = {
    "connect_timeout": 3,  # seconds
    "tcp_user_timeout": 10_000,  # milliseconds a server may leave what we said unanswered by its machine
    "application_name": "mailstead",
}
# Seconds a change waits for that of another machine, or for a transaction that somebody has left open.
_OPTIONS = "-c lock_timeout=60s"
_ASK = "SELECT version_num, value FROM alembic_version, meta WHERE key = 'counter'"


def connect(url: str, **how: Any) -> psycopg.Connection:
    """Connect to the database of a URL; DirectoryError if that cannot be."""
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # libpq would quote the URL, password and all.
        raise DirectoryError(
            "MAIL_DIRECTORY_URL is not what libpq reads; allowed: postgresql://user:password@host:port/database and parameters "
            "of libpq such as ?sslmode=verify-full, each sign with a meaning in a URL written as %40 (for @) and the like"
        ) from None
    options = f"{given.pop('options', '')} {_OPTIONS}".strip()
    try:
        return psycopg.connect(**(_DEFAULTS | given | how), options=options, client_encoding="utf8")
    except psycopg.Error as error:
        raise _away(url, error) from error


def _away(url: str, error: psycopg.Error) -> DirectoryError:
    # What psycopg says takes several lines. It names host and user, and never the password.
    said = " ".join(str(error).split())
    return DirectoryError(f"the directory in PostgreSQL at {urlsplit(url).hostname} does not answer: {said}")


def state(url: str) -> str | None:
    """Return the state the directory is in, as directory.state says; DirectoryError if the server is away."""
    with watching(url) as watch:
        return watch.state()


class Watch:
    """A connection that hears of changes (follower.Watch)."""

    def __init__(self, connection: psycopg.Connection) -> None:
        self._connection = connection

    def state(self) -> str | None:
        """Return the state the directory is in; None where none is yet, "" where its schema is not the newest."""
        try:
            return newest(self._connection.execute(_ASK).fetchall())
        except psycopg.errors.UndefinedTable:
            return None

    def listen(self) -> None:
        """Hear of every change from here on."""
        self._connection.execute(f"LISTEN {TOLD}")

    def wait(self, seconds: float) -> bool:
        """Return True when somebody has changed the directory, False after some seconds."""
        return any([*self._connection.notifies(timeout=seconds, stop_after=1)])


@contextmanager
def watching(url: str) -> Iterator[Watch]:
    """Yield a connection; DirectoryError when the server is away, also when it goes away meanwhile."""
    try:
        with connect(url, autocommit=True) as connection:
            yield Watch(connection)
    except psycopg.Error as error:
        raise _away(url, error) from error
