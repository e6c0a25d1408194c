"""Where certificates lie, and how they are swapped: one PEM for key and chain, readable by root alone."""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from ..places import CERTIFICATES
from ..tree import Directory, File, alone, write

SERVED = CERTIFICATES / "served.pem"
"""The file Postfix and Dovecot read: private key first, then the chain (TLS_README, smtpd_tls_chain_files)."""
NOTE = "served.json"


@dataclass(frozen=True, kw_only=True)
class Certificate:
    """What is known of a certificate without opening it; times are seconds since the epoch.

    names, issuer, serial (hexadecimal, as openssl(1) writes it), not_before, not_after, source (self-signed, files, acme);
    `spki_sha256` is the digest of its public key (hexadecimal, TLSA 3 1 1 of RFC 7671), `digest` the SHA-256 of the file;
    `asked` is what the settings asked for when this was last looked after; `next_look` when that shall be again, `renewal` when
    it shall be renewed (0: at that look), `watched` how the files looked that it came from; `trouble` a sentence for the owner;
    `swapped` whether the daemons serve it.
    """

    names: tuple[str, ...]
    issuer: str
    serial: str
    not_before: int
    not_after: int
    source: str
    digest: str
    spki_sha256: str
    asked: str = ""
    next_look: int = 0
    renewal: int = 0
    watched: Mapping[str, Sequence[int] | None] = field(default_factory=dict)
    trouble: str | None = None
    swapped: bool = False

    def share(self, parts: int) -> int:
        """Return the moment from which on less than one of so many parts of its life is left."""
        return self.not_after - (self.not_after - self.not_before) // parts

    def is_good(self, hostname: str, now: datetime) -> bool:
        """Whether a mail program may find it valid now, for this name."""
        return self.not_before <= now.timestamp() < self.not_after and any(covers(name, hostname) for name in self.names)

    @property
    def expires(self) -> datetime:
        """When it ends, in UTC."""
        return datetime.fromtimestamp(self.not_after, UTC)


def covers(pattern: str, name: str) -> bool:
    """Whether a name of a certificate is this name, or a wildcard for it: `*` as the first label, whole (RFC 9525, 6.3)."""
    return name == pattern or (pattern.startswith("*.") and name.partition(".")[2] == pattern[2:])


@dataclass(frozen=True)
class Store:
    """A folder with the served PEM and, beside it, a note of what it is (so that a start need not parse it)."""

    place: Path = CERTIFICATES

    @property
    def served(self) -> Path:
        """The served PEM."""
        return self.place / SERVED.name

    @property
    def note(self) -> Path:
        """The note about the served PEM."""
        return self.place / NOTE

    def current(self) -> Certificate | None:
        """Return what is served; None where nothing is, or the note and the file do not belong together."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            found = Certificate(**{**note, "names": tuple(note["names"])})
            whole = all(isinstance(one, int) for one in (found.not_before, found.not_after, found.next_look))
            return found if whole and found.digest == digest(self.served.read_text(encoding="ascii")) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, pem: str, certificate: Certificate) -> Certificate:
        """Put a PEM (key and chain) on its place, whole, and its note after it; return the certificate, not swapped yet.

        Until it is swapped the note on the disk asks for a look at once, whoever dies meanwhile.
        """
        kept = replace(certificate, swapped=False)
        self.put(self.served.name, pem)
        self._write_note(replace(kept, next_look=0))
        return kept

    def annotate(self, certificate: Certificate) -> Certificate:
        """Write the note alone, where it says something new; return its certificate."""
        if certificate != self.current():
            self._write_note(certificate)
        return certificate

    def _write_note(self, certificate: Certificate) -> None:
        self.put(NOTE, json.dumps(asdict(certificate), indent=1) + "\n")

    def put(self, name: str, text: str) -> None:
        """Write a file of the store, whole, for root alone."""
        tree = {
            str(self.place): Directory(mode=0o700),
            str(self.place / name): File(text=text, mode=0o600, secret=True),
        }
        write(tree, Path("/"), durable=True, owned=os.geteuid() == 0)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the store: who else wants to change it waits."""
        self.place.mkdir(mode=0o700, parents=True, exist_ok=True)
        with alone(self.place):
            yield


def digest(pem: str) -> str:
    """Return the SHA-256 of a PEM's text, in hexadecimal."""
    return hashlib.sha256(pem.encode()).hexdigest()
