"""Valkey: what rspamd has learned and what it counts, on the disk. No network reaches it: rspamd asks through a unix socket."""

import socket
from typing import Any

from ...places import FILTER
from ...settings import Settings
from ...tree import Directory, Tree
from .. import Finding

NAME = "valkey"
SOCKET = "/run/valkey/valkey.sock"
DATA = FILTER / "valkey"
_MEMORY = {False: "48mb", True: "16mb"}


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {"socket": SOCKET, "data": DATA, "memory": _MEMORY[settings.filter_light]}


def files(settings: Settings) -> Tree:
    """Return the directories of its data and of its socket."""
    return {str(DATA): Directory(mode=0o700), "/run/valkey": Directory(mode=0o700)}


def probe() -> Finding:
    """Say PING (https://valkey.io/topics/protocol/)."""
    with socket.socket(socket.AF_UNIX) as server:
        server.settimeout(5)
        server.connect(SOCKET)
        server.sendall(b"PING\r\n")
        answer = server.recv(64)
    return Finding(NAME, answer == b"+PONG\r\n", "answers" if answer == b"+PONG\r\n" else f"answers {answer!r}")
