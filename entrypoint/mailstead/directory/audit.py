"""Who changed what, and when; written in the transaction of the change, and never a password or a hash."""

import os
import pwd
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from . import schema

_audit = schema.audit
_INSERT = insert(_audit)
_LONGEST_WHO = 64


@dataclass(frozen=True)
class Actor:
    """Who changes the directory, and through which interface: cli, start or apply."""

    who: str
    interface: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One change: `at` in UTC, `action` such as "account add", its subject (an address or a domain), words and facts."""

    at: datetime
    who: str
    interface: str
    action: str
    subject: str
    words: str
    facts: dict[str, Any]


START = Actor("mailstead", "start")


def caller(interface: str = "cli") -> Actor:
    """Return whoever runs this process: MAILSTEAD_ACTOR, which scripts/mailstead sets to its own user, or the Unix user."""
    named = "".join(sign for sign in os.environ.get("MAILSTEAD_ACTOR", "") if sign.isprintable())
    return Actor(named[:_LONGEST_WHO] or _unix_user(), interface)


def _unix_user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def record(connection: Connection, action: str, subject: str, words: str, **facts: Any) -> None:
    """Write down a change; its actor is an option of the connection (change.change sets it)."""
    actor: Actor = connection.get_execution_options()["actor"]
    row = {"who": actor.who, "interface": actor.interface, "action": action, "subject": subject, "words": words, "facts": facts}
    connection.execute(_INSERT, row)


def last(connection: Connection, count: int) -> list[Entry]:
    """Return the newest `count` changes, oldest first."""
    columns = [column for column in _audit.c if column.name != "id"]
    rows = connection.execute(select(*columns).order_by(_audit.c.id.desc()).limit(count)).mappings().all()
    return [Entry(**(dict(row) | {"at": schema.utc(row["at"])})) for row in reversed(rows)]
