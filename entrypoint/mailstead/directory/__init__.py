"""The directory: this server's domains, people and addresses. People write it in SQL; the daemons read files.

    change -> snapshot -> project (pure) -> publish

Start reading in change.py. This module is on the path of a start and stays with the standard library: everything that
needs SQLAlchemy, whose import alone takes longer than the rest of a start, is in the modules beside it.
"""

import hashlib
import importlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from ..places import DATABASE, DECLARED, MAIL, PROJECTION, SEEN

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from ..settings import Settings
    from .follower import Watch

URL = f"sqlite:///{DATABASE}"

HEAD = "0002"
"""The newest schema: the name of the last file in migrations/versions. Names count upwards, so that they compare."""

FORMAT = 5
"""The form of the projected files; raise it when project.py changes it, and the next start projects anew."""

APP_SLOTS = 10
"""How many app passwords an account may have: each has a projected file, which PAM and Dovecot try one after the other."""

TOLD = "mailstead"
"""The channel on which PostgreSQL tells of changes (NOTIFY)."""

SHEETS = ("01", "23", "45", "67", "89", "ae", "in", "rs", "lty", "")
"""Which passwords for sending stand together in a file: by the sign before the @, the last one for all other signs.

PAM reads a file from the top on, at each login: of a hundred thousand lines that takes longer than all else but the hash.
"""

ASK_POSTING = "ask_posting"
"""Postfix's restriction class for groups that not everybody may write to."""

RELAYS = ("relay-tls", "relay-logins", "relay-senders")
"""The projected tables of relays: what one is asked for and told is known before the first letter goes there."""

SMARTHOST, SMARTHOST_TLS = "smarthost", "smarthosts"
"""Postfix's transports for relays: TLS after STARTTLS, and from the first byte (465, RFC 8314)."""

ROLES = ("postmaster", "abuse", "root", "mailer-daemon")
"""Local parts that reach the postmaster in every domain (RFC 2142; the last two are what Unix programs write to)."""

POSTGRESQL = "postgresql://"
_SQLITE = "sqlite:///"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a directory, its projection and its mail are; the defaults are the container's.

    `source` is the directory server of which the one at `url` is a mirror, where it is one (ldap/mirror.py).
    `owned=False` leaves the files to the user who writes them, where Dovecot's group does not exist, nor anybody who signs;
    `read=False` says that no daemon reads them, and none is waited for.
    """

    url: str = URL
    source: str = ""
    projection: Path = PROJECTION
    mail: Path = MAIL
    seen: Path = SEEN
    declared: Path = DECLARED
    owned: bool = True
    read: bool = True

    @property
    def quota(self) -> Path:
        """Where it stands which mailboxes are nearly full (nearly_full.py)."""
        return self.projection.parent / "quota"

    @property
    def dkim(self) -> Path:
        """Where the keys are by which its domains' mail is signed (dkim/store.py)."""
        return self.projection.parent / "dkim"


HERE = Place()


class DirectoryError(Exception):
    """Why the directory refuses, in a sentence that says what is wrong and what to type."""


def at(settings: "Settings", place: Place = HERE) -> Place:
    """Return a place with its directory where the settings say it is kept."""
    from . import ldap

    source = ldap.server(settings)
    if source:
        return replace(place, url=f"sqlite:///{place.projection.parent / ldap.MIRROR}", source=str(source))
    return replace(place, url=str(settings.directory_url)) if settings.directory_url else place


def is_current(settings: "Settings", place: Place = HERE) -> bool:
    """Whether the directory has the newest schema and its projection holds its newest state, made for these settings.

    Never raises: a file that is missing, locked or of another kind is not current, nor is a server that is away. Takes a
    few milliseconds where the directory is a file; a start must not ask a server.
    """
    try:
        return matches(settings, place)
    except DirectoryError:
        return False


def matches(settings: "Settings", place: Place) -> bool:
    """Answer as `is_current` does; DirectoryError where the directory is in a server that is away."""
    if place.source:
        _check_answers(place)
    try:
        return shown(place) == (state(place.url), site(settings))
    except (OSError, ValueError, sqlite3.Error):
        return False


def _check_answers(place: Place) -> None:
    from .ldap import away

    said = away.said(place)
    if said:
        raise DirectoryError(said)


def shown(place: Place) -> tuple[str, str] | None:
    """Return which state of the directory a projection shows, and for which `site`; None where there is no whole one."""
    try:
        counter, made_for = (place.projection / "counter").read_text(encoding="ascii").split()
    except (OSError, ValueError):
        return None
    return counter, made_for


def state(url: str) -> str | None:
    """Return the state a directory is in: its counter; None where none is yet, "" where its schema is not the newest."""
    known = server(url)
    return known.state(url) if known else _stored(url)


def server(url: str) -> ModuleType | None:
    """Return the module that knows the server a directory is kept in; None where it is a file.

    It has state(url), which returns the state the directory is in, and watching(url), which yields a connection for the
    follower (follower.Watch); both raise DirectoryError, in a sentence, while the server is away. Its import takes a while.
    """
    return importlib.import_module(f"{__name__}.postgresql") if url.startswith(POSTGRESQL) else None


def watching(settings: "Settings", place: Place) -> "AbstractContextManager[Watch]":
    """Return a connection for the follower to the server a directory is in, or of which it is a mirror."""
    if place.source:
        from .ldap import watch

        return watch.watching(settings, place)
    return server(place.url).watching(place.url)


def site(settings: "Settings") -> str:
    """Return a digest (16 hex digits) of what a projection takes from the settings, and of where the directory is kept."""
    facts = (FORMAT, settings.hostname, settings.domains, settings.postmaster, settings.quota, settings.message_size_limit)
    facts += (settings.relay_host, settings.relay_port, bool(settings.relay_user))
    # Never the password in it: everybody may read the projection's counter.
    kept = str(settings.directory_url or "").rpartition("@")[2]
    return hashlib.sha256(repr((*facts, kept)).encode()).hexdigest()[:16]


def smarthost(port: int) -> str:
    """Return the transport for a relay's port."""
    return SMARTHOST_TLS if port == 465 else SMARTHOST


def nexthop(host: str, port: int) -> str:
    """Return a relay as Postfix writes it: brackets, so that no MX record is asked for."""
    return f"[{host}]:{port}"


def database(url: str) -> Path | None:
    """Return the SQLite file a directory is kept in; None where it is in a server."""
    return Path(url.removeprefix(_SQLITE)) if url.startswith(_SQLITE) else None


def looked_into(url: str, *, patience: float) -> sqlite3.Connection:
    """Return a connection that only reads the SQLite file of a URL, and waits `patience` seconds for whoever writes it."""
    file = database(url)
    if file is None:
        raise ValueError("a directory in a server is no file")
    return sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True, timeout=patience)


def _stored(url: str) -> str:
    with closing(looked_into(url, patience=0)) as connection:
        rows = connection.execute("SELECT version_num, value FROM alembic_version, meta WHERE key = 'counter'").fetchall()
    return newest(rows)


def newest(rows: "Sequence[Sequence[str]]") -> str:
    """Return the counter of a directory from its one row of schema and counter; "" if that schema is not the newest."""
    return rows[0][1] if len(rows) == 1 and rows[0][0] == HEAD else ""
