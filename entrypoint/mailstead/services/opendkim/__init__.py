"""OpenDKIM, the light signer: signs what our people send, where the filter does not run; a milter (opendkim(8))."""

import socket
import struct
from typing import Any

from ...places import OPENDKIM, PROJECTION
from ...settings import Settings
from ...tree import Directory, Tree
from .. import Finding

NAME = "opendkim"
KEY_TABLE = OPENDKIM / "keys.table"
SOCKET = OPENDKIM / "socket" / "milter"
_NEGOTIATE, _QUIT = b"O", b"Q"
_VERSION, _ACTIONS, _STEPS = 6, 0x1FF, 0x1FFFFF


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
    """Begin to speak with it as Postfix does: the version of the protocol, and what either side can (libmilter's mfdef.h)."""
    offer = struct.pack("!III", _VERSION, _ACTIONS, _STEPS)
    with socket.socket(socket.AF_UNIX) as milter:
        milter.settimeout(5)
        milter.connect(str(SOCKET))
        milter.sendall(_packet(_NEGOTIATE, offer))
        said = milter.recv(5)
        milter.sendall(_packet(_QUIT))
    ok = said[4:] == _NEGOTIATE
    return Finding(NAME, ok, "signs what people send" if ok else "answers, but not to the question")


def _packet(command: bytes, content: bytes = b"") -> bytes:
    return struct.pack("!I", len(content) + 1) + command + content
