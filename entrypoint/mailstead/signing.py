"""What the filter must know of us, in the volume both containers share: written here, read there. Standard library.

    senders.map      address and the logins that may send as it, as in the projection
    controller.inc   the password by which we may teach; it comes last, and the filter starts when it is there

All of it may be lost at any time: a start writes it again, and so does a change of the directory.
"""

import os
import secrets
from pathlib import Path

from . import tree
from .places import PROJECTION, SIGNING, STATE

READER = 5001
"""The number of the filter's user and group (images/filter/Dockerfile)."""
PASSWORD = STATE / "filter-password"
_SENDERS = "senders"


def write(place: Path = SIGNING, projection: Path = PROJECTION, password: Path = PASSWORD) -> None:
    """Write all of it; OSError if it cannot be written."""
    follow(projection, place)
    # The keys come with the directory (dkim/signing.py). What is not there when the filter starts, it would not look for again.
    keys = place / "selectors.map"
    if not keys.exists():
        _swap(keys, "")
    word = secret(password)
    # In the words of rspamd's configuration, which includes it.
    _swap(place / "controller.inc", f'password = "{word}";\nenable_password = "{word}";\n')


def follow(projection: Path = PROJECTION, place: Path = SIGNING) -> None:
    """Write anew what comes from the directory, where the volume is mounted and its projection has changed."""
    if not place.is_dir():
        return
    known = projection / _SENDERS
    text = known.read_text(encoding="utf-8") if known.exists() else ""
    beside = place / f"{_SENDERS}.map"
    if not beside.exists() or beside.read_text(encoding="utf-8") != text:
        _swap(beside, text)


def secret(place: Path = PASSWORD) -> str:
    """Return the password we share with the filter; it is made when it is first asked for."""
    if not place.exists():
        tree.swap(place, secrets.token_urlsafe(32).encode())
    return place.read_text(encoding="ascii")


def _swap(place: Path, text: str) -> None:
    def finish(beside: Path) -> None:
        beside.chmod(0o640)
        if os.geteuid() == 0:
            os.chown(beside, 0, READER)

    tree.swap(place, text.encode(), finish)
