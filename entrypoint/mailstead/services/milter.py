"""A milter greeted as Postfix does, to see whether it answers (libmilter's mfdef.h)."""

import socket
import struct

_NEGOTIATE, _QUIT = b"O", b"Q"
_VERSION, _ACTIONS, _STEPS = 6, 0x1FF, 0x1FFFFF


def negotiates(milter: socket.socket) -> bool:
    """Whether the other end of a connection agrees on the protocol's version (SMFIC_OPTNEG); OSError if nobody does."""
    milter.sendall(_packet(_NEGOTIATE, struct.pack("!III", _VERSION, _ACTIONS, _STEPS)))
    said = milter.recv(5)
    milter.sendall(_packet(_QUIT))
    return said[4:] == _NEGOTIATE


def _packet(command: bytes, content: bytes = b"") -> bytes:
    return struct.pack("!I", len(content) + 1) + command + content
