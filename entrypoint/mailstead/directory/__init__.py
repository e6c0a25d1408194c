"""The directory: this server's domains, people and addresses. People write it in SQL; the daemons read files.

    change -> snapshot -> project (pure) -> publish

Start reading in change.py. This module is on the path of a start and stays with the standard library: everything that
needs SQLAlchemy, whose import alone takes longer than the rest of a start, is in the modules beside it.
"""

import hashlib
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..places import DATABASE, DECLARED, MAIL, PROJECTION, REWRITING, SEEN

if TYPE_CHECKING:
    from ..settings import Settings

URL = f"sqlite:///{DATABASE}"

HEAD = "0001"
"""The newest schema: the name of the last file in migrations/versions. Names count upwards, so that they compare."""

FORMAT = 2
"""The form of the projected files; raise it when project.py changes it, and the next start projects anew."""

APP_SLOTS = 10
"""How many app passwords an account may have: each has a projected file, which PAM and Dovecot try one after the other."""

SHEETS = ("01", "23", "45", "67", "89", "ae", "in", "rs", "lty", "")
"""Which passwords for sending stand together in a file: by the sign before the @, the last one for all other signs.

PAM reads a file from the top on, at each login: of a hundred thousand lines that takes longer than all else but the hash.
"""

ASK_POSTING = "ask_posting"
"""Postfix's restriction class for groups that not everybody may write to."""

ROLES = ("postmaster", "abuse", "root", "mailer-daemon")
"""Local parts that reach the postmaster in every domain (RFC 2142; the last two are what Unix programs write to)."""

_SQLITE = "sqlite:///"


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a directory, its projection and its mail are; the defaults are the container's.

    `owned=False` leaves the files to the user who writes them, where Dovecot's group does not exist; `read=False` says that no
    Dovecot reads them, and none is waited for.
    """

    url: str = URL
    projection: Path = PROJECTION
    mail: Path = MAIL
    seen: Path = SEEN
    rewriting: Path = REWRITING
    declared: Path = DECLARED
    owned: bool = True
    read: bool = True

    @property
    def quota(self) -> Path:
        """Where it stands which mailboxes are nearly full (nearly_full.py)."""
        return self.projection.parent / "quota"


HERE = Place()


class DirectoryError(Exception):
    """Why the directory refuses, in a sentence that says what is wrong and what to type."""


def is_current(settings: "Settings", place: Place = HERE) -> bool:
    """Whether the directory has the newest schema and its projection holds its newest state, made for these settings.

    Takes a few milliseconds and never raises: a file that is missing, locked or of another kind is not current. A
    directory that is not SQLite cannot be asked this cheaply, and is never current either.
    """
    try:
        counter, made_for = (place.projection / "counter").read_text(encoding="ascii").split()
        return made_for == site(settings) and _stored(place.url) == [(HEAD, counter)]
    except (OSError, ValueError, sqlite3.Error):
        return False


def site(settings: "Settings") -> str:
    """Return a digest (16 hex digits) of what a projection takes from the settings."""
    facts = (FORMAT, settings.hostname, settings.domains, settings.postmaster, settings.quota, settings.message_size_limit)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


def _stored(url: str) -> list[tuple[str, str]]:
    if not url.startswith(_SQLITE):
        raise ValueError(url)
    uri = Path(url.removeprefix(_SQLITE)).as_uri() + "?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=0)) as connection:
        return connection.execute("SELECT version_num, value FROM alembic_version, meta WHERE key = 'counter'").fetchall()
