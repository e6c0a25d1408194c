"""Cyrus saslauthd: checks the passwords of people who send mail, by PAM, against the very file Dovecot reads."""

import socket
import struct
from typing import Any

from ...places import PROJECTION
from ...settings import Settings
from ...tree import Directory, Tree
from .. import Finding

NAME = "saslauthd"
MUX = "/run/saslauthd/mux"
_NOBODY = ("health-check@invalid", "x", "smtp", "")


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {"passwd": PROJECTION / "passwd", "passwd_forms": PROJECTION / "passwd-forms"}


def files(settings: Settings) -> Tree:
    """Return the socket's directory: the socket itself is open to all, this is its only lock (saslauthd(8))."""
    return {"/run/saslauthd": Directory(mode=0o710, group="sasl")}


def probe() -> Finding:
    """Ask saslauthd about nobody: that it says no shows that it works."""
    said = ask(*_NOBODY)
    ok = said.startswith("NO")
    return Finding(NAME, ok, "answers" if ok else f"says {said!r} about a password that is nobody's")


def ask(user: str, password: str, service: str, realm: str) -> str:
    """Return saslauthd's answer, `OK...` or `NO...`; four counted strings in, one out (saslauthd's ipc_unix.c)."""
    words = [word.encode() for word in (user, password, service, realm)]
    with socket.socket(socket.AF_UNIX) as mux:
        mux.settimeout(5)
        mux.connect(MUX)
        mux.sendall(b"".join(struct.pack("!H", len(word)) + word for word in words))
        # The count comes alone, the words after it, then the end.
        return mux.makefile("rb").read()[2:].decode(errors="replace")
