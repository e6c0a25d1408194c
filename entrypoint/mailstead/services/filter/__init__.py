"""The filter, as the mail container sees it: a neighbour that reads every message before it is taken (docs/filter.md).

What runs over there is in the rooms rspamd and valkey.
"""

import socket
from typing import Any

from ... import signing
from ...settings import Settings
from .. import Finding, milter

NAME = "filter"
HOST = "filter.internal"
"""Its name in the network that only the two share (compose.yaml)."""
MILTER = 11332
CONTROLLER = 11334


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
    """Whether a milter answers on the filter's port of a host; OSError if nobody does."""
    with socket.create_connection((host, MILTER), timeout=5) as reader:
        return milter.negotiates(reader)
