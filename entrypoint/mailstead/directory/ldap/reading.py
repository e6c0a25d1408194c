"""What a directory server has answered, and the careful reading of its values. Pure.

Nothing a server says gets further than here unchecked: a value that is no address or no line of text is left out with a remark,
which is a sentence for the log.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ... import names
from ...declare import is_line
from ...settings import Settings

DOMAIN_ATTRIBUTE = "associatedDomain"  # RFC 4524, 2.1
NAME_ATTRIBUTES = ("displayName", "cn")
UID_ATTRIBUTES = ("uid", "sAMAccountName")
GROUPS_ATTRIBUTE = "mailGroupMember"
"""Where an account names the groups it is in (the PostfixBook schema, which docker-mailserver's users have)."""
SHOWN = 100
"""So many characters of a server's words are enough for the log."""


@dataclass(frozen=True)
class Entry:
    """An entry: its name, and the values of its attributes, whose names are in lower case."""

    dn: str
    attributes: Mapping[str, Sequence[bytes]]

    def __str__(self) -> str:
        return "".join(sign if sign.isprintable() else "?" for sign in self.dn)[:SHOWN]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """All that a server was asked for. `enabled`: the names of the entries that may sign in, None where all may."""

    accounts: Sequence[Entry]
    groups: Sequence[Entry] = ()
    domains: Sequence[Entry] = ()
    enabled: Collection[str] | None = None

    def kinds(self) -> "Kinds":
        """Return the entries of each kind, as they came from the server."""
        enabled = [Entry(dn, {}) for dn in self.enabled or ()]
        return {"accounts": self.accounts, "enabled": enabled, "groups": self.groups, "domains": self.domains}


Kinds = Mapping[str, Iterable[Entry]]
"""Entries by what they are here."""


def digest(kinds: Kinds) -> str:
    """Return a digest (64 hex digits) of entries, in whatever order a server gives them; one at a time is in memory."""
    total = sum(_number(kind, entry) for kind, entries in kinds.items() for entry in entries)
    return f"{total % 2**256:064x}"


def _number(kind: str, entry: Entry) -> int:
    facts = (kind, entry.dn, sorted((name, list(values)) for name, values in entry.attributes.items()))
    return int.from_bytes(hashlib.sha256(repr(facts).encode()).digest(), "big")


@dataclass
class Reading:
    """An answer while it is read: the domains of this server, and a remark on each thing that had to be left out."""

    settings: Settings
    domains: set[str]
    remarks: list[str] = field(default_factory=list)

    def texts(self, entry: Entry, *attributes: str) -> Iterator[str]:
        """Yield the values of attributes that are lines of text."""
        for name in attributes:
            for value in entry.attributes.get(name.lower(), ()):
                text = _text(value)
                if text is None:
                    self.remarks.append(f"{entry}: a value of {name} is left out: it is not one line of text in UTF-8")
                else:
                    yield text

    def addresses(self, entry: Entry, *attributes: str) -> Iterator[str]:
        """Yield the addresses in attributes that are in our domains, in their one form."""
        for text in self.texts(entry, *attributes):
            address = re.sub("^smtp:", "", text, flags=re.IGNORECASE)  # as in proxyAddresses of Active Directory
            if names.domain_of(address).lower() in self.domains:
                try:
                    yield names.address(address)
                except ValueError as error:
                    self.remarks.append(f'{entry}: "{address[:SHOWN]}" is left out; allowed: {error}')


def _text(value: bytes) -> str | None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        return None
    return text if text and is_line(text) else None
