"""The making of one declared directory: what its parts share (apply.py)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..settings import Settings
from . import DirectoryError
from .differences import Difference
from .problems import DeclarationError, Problem

_SECTIONS = {
    "domain": "domains",
    "account": "accounts",
    "alias": "aliases",
    "group": "groups",
    "expression": "expressions",
    "relay": "relays",
}

Found = Mapping[str, Mapping[str, Difference]]
"""Of each kind, what is to be done, by name."""


@dataclass
class Work:
    """A transaction, and what is made and refused in it. `hashed` makes a generated password's hash.

    `passwords`, `kept` and `ended` as in apply.Outcome.
    """

    connection: Connection
    settings: Settings
    hashed: Callable[[str], str]
    passwords: dict[str, str] = field(default_factory=dict, repr=False)
    kept: dict[str, str] = field(default_factory=dict)
    ended: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @contextmanager
    def at(self, kind: str, name: str) -> Iterator[None]:
        """Do something about one thing; what is refused is noted, and the rest goes on."""
        try:
            yield
        except DirectoryError as error:
            self.refuse(kind, name, str(error))

    def refuse(self, kind: str, name: str, said: str) -> None:
        """Note that something cannot be."""
        self.problems.append(Problem(None, f"{_SECTIONS[kind]}.{name}", said))

    def check(self) -> None:
        """Refuse it all if something was refused."""
        if self.problems:
            raise DeclarationError(self.problems)


def by_kind(found: Sequence[Difference]) -> Found:
    """Return differences by kind and name."""
    return {kind: {one.name: one for one in found if one.kind == kind} for kind in _SECTIONS}
