"""What lies in the owner's files: private keys and certificates, whatever tool has left them there.

Two readers do: PEM, which is what nearly all tools write (a pair, one file, certbot, Caddy, acme.sh, nginx proxy manager), and
Traefik's acme.json. All goes into one heap, in which a certificate finds its key and its chain by themselves (files.py), so
that no name of a file or folder has a meaning.
"""

import base64
import binascii
import json
import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from ..lookout import look
from . import pem

_LARGEST = 8 * 2**20  # bytes of a file
_MOST = 2000  # files and folders
_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)
_ENDINGS = {".pem", ".crt", ".cer", ".cert", ".key", ".json"}


@dataclass
class Found:
    """A heap: keys by the digest of their public half, certificates by where they are, how all of it looked, what was wrong."""

    keys: dict[str, Any] = field(default_factory=dict)
    certificates: list[tuple[str, x509.Certificate]] = field(default_factory=list)
    watched: dict[str, list[int] | None] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)


def find(paths: Sequence[str]) -> Found:
    """Return what lies in files, and in folders with all below them. Complaints are sentences that begin with a path."""
    found = Found()
    for path in paths:
        for place in _places(path, found):
            try:
                _read(place, _text(place), found)
            except (OSError, ValueError) as error:
                found.complaints.append(f"{place} {_reason(Path(place), error)}")
    return found


def _places(path: str, found: Found) -> Iterator[str]:
    """Yield the files to read; note how each of them, and each folder, looked before."""
    if not os.path.isdir(path):
        found.watched[path] = look(path)
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        found.watched[folder] = look(folder)
        for name in sorted(name for name in names if Path(name).suffix in _ENDINGS):
            if len(found.watched) >= _MOST:
                found.complaints.append(f"{path} holds too much: only {_MOST} files and folders are looked at")
                return
            place = os.path.join(folder, name)
            found.watched[place] = look(place)
            yield place


def _text(place: str) -> str:
    # Not opened before it is known to be a file: a named pipe would never answer.
    about = os.stat(place)
    if not stat.S_ISREG(about.st_mode):
        raise ValueError("is no file")
    if about.st_size > _LARGEST:
        raise ValueError("is too large for a certificate")
    return Path(place).read_bytes().decode("utf-8", errors="replace")


def _reason(place: Path, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError) and place.is_symlink():
        return f"is a link to {os.readlink(place)}, which is not mounted here: mount the folder that holds both"
    if isinstance(error, OSError):
        return f"cannot be read: {error.strerror}"
    return str(error)


def _read(place: str, text: str, found: Found) -> None:
    if text.lstrip().startswith("{"):
        _read_traefik(place, text, found)
    else:
        _read_pem(place, text, found)


def _read_pem(place: str, text: str, found: Found) -> None:
    blocks = [(match[1], match[0]) for match in _BLOCK.finditer(text)]
    if not blocks and Path(place).suffix != ".json":
        raise ValueError("holds neither a certificate nor a key in PEM (lines that begin with -----BEGIN)")
    for kind, block in blocks:
        if kind == "CERTIFICATE":
            found.certificates.append((place, _certificate(block)))
        elif kind.endswith("PRIVATE KEY"):
            key = _key(block)
            found.keys[pem.spki_sha256(key.public_key())] = key


def _certificate(block: str) -> x509.Certificate:
    try:
        return x509.load_pem_x509_certificate(block.encode())
    except pem.BAD:
        raise ValueError("holds a certificate that cannot be read: it is damaged") from None


def _key(block: str) -> Any:
    if "ENCRYPTED" in block:
        raise ValueError("is encrypted with a password: take it off with `openssl pkey -in old.key -out new.key`")
    try:
        return load_pem_private_key(block.encode(), password=None)
    except pem.BAD:
        raise ValueError("holds a key that cannot be read: it is damaged, or of an unknown kind") from None


def _read_traefik(place: str, text: str, found: Found) -> None:
    """Read acme.json: {resolver: {"Certificates": [{"certificate": PEM in base64, "key": likewise}]}}; other JSON has none."""
    try:
        resolvers = json.loads(text)
        entries = [entry for one in resolvers.values() if isinstance(one, dict) for entry in one.get("Certificates") or ()]
        texts = [base64.b64decode(entry[part]).decode("ascii") for entry in entries for part in ("certificate", "key")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, binascii.Error):
        raise ValueError("is no acme.json as Traefik writes it: it is damaged, or being written") from None
    for one in texts:
        _read_pem(place, one, found)
