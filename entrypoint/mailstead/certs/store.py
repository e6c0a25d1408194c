"""Where certificates lie, and how they are swapped: one PEM for key and chain, readable by root alone."""

import hashlib
import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from ..places import STATE
from ..tree import Directory, File, write

PLACE = STATE / "certificates"
SERVED = PLACE / "served.pem"
"""The file Postfix and Dovecot read: private key first, then the chain (TLS_README, smtpd_tls_chain_files)."""


@dataclass(frozen=True)
class Certificate:
    """What is known of a certificate without opening it; times are seconds since the epoch, `digest` is its file's SHA-256."""

    names: tuple[str, ...]
    not_before: int
    not_after: int
    source: str
    digest: str

    def due(self, names: Sequence[str], now: datetime) -> bool:
        """Whether it should be made anew: other names are asked for, a third of its life is left, or its life has not begun.

        The last is what a machine gets whose clock ran ahead at its first start.
        """
        third = (self.not_after - self.not_before) // 3
        return set(self.names) != set(names) or not self.not_before <= now.timestamp() <= self.not_after - third

    @property
    def expires(self) -> datetime:
        """When it ends, in UTC."""
        return datetime.fromtimestamp(self.not_after, UTC)


@dataclass(frozen=True)
class Store:
    """A folder with the served PEM and, beside it, a note of what it is (so that a start need not parse it)."""

    place: Path = PLACE

    @property
    def served(self) -> Path:
        """The served PEM."""
        return self.place / SERVED.name

    @property
    def note(self) -> Path:
        """The note about the served PEM."""
        return self.place / "served.json"

    def current(self) -> Certificate | None:
        """Return what is served; None where nothing is, or the note and the file do not belong together."""
        try:
            note = json.loads(self.note.read_text(encoding="utf-8"))
            found = Certificate(**{**note, "names": tuple(note["names"])})
            return found if found.digest == digest(self.served.read_text(encoding="ascii")) else None
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def keep(self, pem: str, certificate: Certificate) -> None:
        """Put a PEM (key and chain) in service, whole, and its note after it."""
        root = os.geteuid() == 0
        tree = {
            str(self.place): Directory(mode=0o700),
            str(self.served): File(text=pem, mode=0o600, secret=True),
            str(self.note): File(text=json.dumps(asdict(certificate), indent=1) + "\n", mode=0o600),
        }
        write(tree, Path("/"), durable=True, owned=root)


def digest(pem: str) -> str:
    """Return the SHA-256 of a PEM's text, in hexadecimal."""
    return hashlib.sha256(pem.encode()).hexdigest()
