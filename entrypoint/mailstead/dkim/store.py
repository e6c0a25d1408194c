"""Where the keys lie, and what is noted of them: one folder per domain, for root alone, each file swapped by rename."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ..places import DKIM
from ..tree import alone, swap, sync

NOTE = "keys.json"

Algorithm = Literal["rsa", "ed25519"]
State = Literal["signing", "next", "retired"]


@dataclass(frozen=True, kw_only=True)
class Key:
    """A key without its secret: `public` is what its record says of it, in base64.

    signing: mail is signed with it; next: mail will be, once the DNS shows its record; retired: mail on its way may still have
    its signature, so the record stays. `since`: when it came to be so; `seen`: when the DNS last showed its record, 0 for
    never (both seconds since the epoch).
    """

    domain: str
    selector: str
    algorithm: Algorithm
    state: State
    public: str
    since: int = 0
    seen: int = 0

    @property
    def name(self) -> str:
        """The name in the DNS that has its record (RFC 6376, 3.6.2.1)."""
        return f"{self.selector}._domainkey.{self.domain}"

    def record(self) -> str:
        """Return the text of its TXT record (RFC 6376, 3.6.1), not cut into strings of 255 bytes yet."""
        return f"v=DKIM1; k={self.algorithm}; p={self.public}"


@dataclass(frozen=True, kw_only=True)
class Note:
    """What is known of the keys of a domain.

    `number` counts its pairs, so that no selector is ever used twice; `gone` are names whose records may be taken out of the DNS.
    """

    keys: tuple[Key, ...] = ()
    number: int = 0
    gone: tuple[str, ...] = ()

    def in_state(self, *states: State) -> tuple[Key, ...]:
        """Return the keys that are so."""
        return tuple(key for key in self.keys if key.state in states)

    def having(self, *changed: Key) -> "Note":
        """Return the note with these keys in place of those with their selectors, new ones last."""
        kept = {key.selector: key for key in (*self.keys, *changed)}
        return replace(self, keys=tuple(kept.values()))


class Store:
    """The keys below `place`: <domain>/keys.json, and <domain>/<selector>.pem (PKCS 8) for each."""

    def __init__(self, place: Path = DKIM) -> None:
        self.place = place

    def domains(self) -> Sequence[str]:
        """Return the domains that have keys, or had them before they were deleted."""
        return sorted(note.parent.name for note in self.place.glob(f"*/{NOTE}"))

    def keys(self, domain: str) -> Sequence[Key]:
        """Return the keys of a domain."""
        return self.note(domain).keys

    def note(self, domain: str) -> Note:
        """Return what is known of a domain's keys; ValueError where it cannot be read."""
        place = self.place / domain / NOTE
        try:
            return _note(json.loads(place.read_text(encoding="utf-8")))
        except (FileNotFoundError, NotADirectoryError):
            return Note()
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{place} is not what was written there: {error}") from error

    def readable(self) -> Iterator[Note]:
        """Yield the notes that can be read: `health` tells of one that a disk has spoiled, and the others' mail is signed."""
        for domain in self.domains():
            with suppress(ValueError):
                yield self.note(domain)

    def secret(self, key: Key) -> str:
        """Return the secret of a key, in PEM (PKCS 8)."""
        return self._pem(key).read_text(encoding="ascii")

    def keep(self, domain: str, note: Note, secrets: Mapping[str, str] | None = None) -> None:
        """Write a note, after the secrets of its new keys (by selector); then remove the secrets nobody needs any more."""
        folder = self.place / domain
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for selector, pem in (secrets or {}).items():
            swap(folder / f"{selector}.pem", pem.encode())
        swap(folder / NOTE, json.dumps(asdict(note), indent=1).encode() + b"\n")
        sync(self.place)
        known = {f"{key.selector}.pem" for key in note.keys}
        for pem in folder.glob("*.pem"):
            if pem.name not in known:
                pem.unlink()

    def _pem(self, key: Key) -> Path:
        return self.place / key.domain / f"{key.selector}.pem"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the store: who else wants to change it waits."""
        self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self.place):
            yield


def _note(facts: Mapping[str, Any]) -> Note:
    keys = tuple(Key(**one) for one in facts["keys"])
    return Note(keys=keys, number=int(facts["number"]), gone=tuple(facts["gone"]))
