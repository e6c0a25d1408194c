"""OpenDKIM, the light signer: signs what our people send, where the filter does not run; a milter (opendkim(8))."""

import socket
from typing import Any

from ...places import OPENDKIM, PROJECTION
from ...settings import Settings
from ...tree import Directory, Tree
from .. import Finding, milter

NAME = "opendkim"
KEY_TABLE = OPENDKIM / "keys.table"
SOCKET = OPENDKIM / "socket" / "milter"


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {
        "socket": SOCKET,
        "key_table": KEY_TABLE,
        "senders": PROJECTION / "senders.cdb",
        "domains": PROJECTION / "domains.cdb",
    }


def files(settings: Settings) -> Tree:
    """Return the folder of the socket, which Postfix alone may enter."""
    return {str(SOCKET.parent): Directory(mode=0o750, owner=NAME, group="postfix")}


def probe() -> Finding:
    """Greet it as Postfix does."""
    with socket.socket(socket.AF_UNIX) as signer:
        signer.settimeout(5)
        signer.connect(str(SOCKET))
        ok = milter.negotiates(signer)
    return Finding(NAME, ok, "signs what people send" if ok else "answers, but not to the question")
