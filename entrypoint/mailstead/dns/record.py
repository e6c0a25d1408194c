"""A record as everything here has it, and as programs are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Level = Literal["required", "recommended"]
Status = Literal["unchecked", "right", "missing", "different", "extra", "unreachable"]

TTL = 3600
"""Seconds a resolver may keep a record: an hour, so that a mistake is mended soon."""

REQUIRED: Level = "required"
RECOMMENDED: Level = "recommended"
_TOLD = ("name", "type", "ttl", "value", "level", "reason", "status")


@dataclass(frozen=True, kw_only=True)
class Record:
    """A record that shall be in the DNS, or one that is there though it should not (status `extra`).

    `name` has no dot at its end. `value` is as in a zone file (RFC 1035, 5.1), but a TXT whole and without quotes; None where
    only the owner knows it. `reason` is a sentence. `waits`: what must be there before it does any good, if it is not yet.
    """

    name: str
    type: str
    value: str | None
    level: Level
    reason: str
    ttl: int = TTL
    status: Status = "unchecked"
    waits: str | None = None

    @property
    def is_wrong(self) -> bool:
        """Whether it was looked for, is required, and is not as it should be."""
        return self.level == REQUIRED and self.status not in ("unchecked", "right")


def as_json(record: Record) -> Mapping[str, Any]:
    """Return what programs are told of a record."""
    return {name: getattr(record, name) for name in _TOLD}


def is_below(name: str, domain: str) -> bool:
    """Whether a name is a domain, or a name in it."""
    return name == domain or name.endswith(f".{domain}")
