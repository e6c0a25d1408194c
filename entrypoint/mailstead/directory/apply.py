"""A directory made equal to a declared one: what differs (pure), and the change, by the same functions as people's own."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from ..settings import Settings
from .declaration import Declaration
from .snapshot import Snapshot


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing to do: `sign` is + (make), - (remove) or ~ (change); `kind` domain, account, alias, group or expression.

    `words` say what changes, such as "quota 5G -> 10G"; empty where the whole thing comes or goes.
    """

    sign: str
    kind: str
    name: str
    words: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.kind} {self.name}" + (f": {self.words}" if self.words else "")


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was made; `passwords`: an address to the password that was generated for it; `kept`: a deleted account's address
    to the folder its mail is to be moved to after the commit (mailboxes.keep)."""

    differences: tuple[Difference, ...] = ()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept: Mapping[str, str] = field(default_factory=dict)


def differences(now: Snapshot, declaration: Declaration, settings: Settings, *, prune: bool = False) -> tuple[Difference, ...]:
    """Return what is to be done to make a directory as declared; with `prune`, also what is to be removed."""
    raise NotImplementedError


def make(
    connection: Connection, declaration: Declaration, settings: Settings, *, prune: bool = False, until: datetime
) -> Outcome:
    """Make the directory as declared, in the caller's transaction; `until` (UTC): how long a removed account's mail is kept.

    DirectoryError with everything that is refused, each line with its path.
    """
    raise NotImplementedError
