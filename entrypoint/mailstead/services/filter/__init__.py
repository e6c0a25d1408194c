"""The filter, as the mail container sees it: a neighbour that reads every message before it is taken (docs/filter.md).

What runs over there is in the rooms rspamd and valkey.
"""

import socket
import struct
from typing import Any

from ... import signing
from ...settings import Settings
from .. import Finding

NAME = "filter"
HOST = "filter.internal"
"""Its name in the network that only the two share (compose.yaml)."""
MILTER = 11332
CONTROLLER = 11334
_NEGOTIATE = struct.pack("!IcIII", 13, b"O", 6, 0x1FF, 0)


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {}


def before_start(settings: Settings, after_crash: bool) -> None:
    """Let it know again what it must know, since the volume between us may be new."""
    signing.write()


def probe() -> Finding:
    """Greet it as Postfix does."""
    ok = negotiates(HOST)
    return Finding(NAME, ok, "reads our mail" if ok else "answers, but not as a milter")


def negotiates(host: str) -> bool:
    """Whether a milter answers the first packet of its protocol (SMFIC_OPTNEG of libmilter); OSError if nobody does."""
    with socket.create_connection((host, MILTER), timeout=5) as milter:
        milter.sendall(_NEGOTIATE)
        return milter.recv(5)[4:] == b"O"
