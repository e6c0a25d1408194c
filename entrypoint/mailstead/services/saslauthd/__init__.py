"""Cyrus saslauthd: checks the passwords of people who send mail, by PAM, against the very file Dovecot reads."""

import socket
import struct
from pathlib import Path
from typing import Any

from ...directory import APP_SLOTS, SHEETS
from ...places import PROJECTION, SEEN
from ...settings import Settings
from ...tree import Directory, Tree
from .. import Finding

NAME = "saslauthd"
MUX = "/run/saslauthd/mux"
_NOBODY = ("health-check@invalid", "x", "smtp", "")


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {"blocks": [_block("send", "app-send"), _block("send-forms", "app-forms")]}


def _block(accounts: str, apps: str) -> dict[str, Any]:
    return {
        "apps": {PROJECTION / f"{apps}-{slot}": used(slot) for slot in range(APP_SLOTS)},
        "sheets": {PROJECTION / f"{accounts}-{number}": _in_both_cases(signs) for number, signs in enumerate(SHEETS)},
        "lines": 3 * APP_SLOTS + 3 * len(SHEETS) - 1,
    }


def _in_both_cases(signs: str) -> str:
    return "".join(dict.fromkeys(signs + signs.upper()))


def used(slot: int) -> Path:
    """Return the directory whose files have the names of the logins that an app password of this slot let send, and its date."""
    return SEEN / f"app-send-{slot}"


def files(settings: Settings) -> Tree:
    """Return where app passwords leave the date of their use, and the socket's directory.

    The socket itself is open to all, this is its only lock (saslauthd(8)).
    """
    seen = {str(used(slot)): Directory(mode=0o700) for slot in range(APP_SLOTS)}
    return {**seen, "/run/saslauthd": Directory(mode=0o710, group="sasl")}


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
