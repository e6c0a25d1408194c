"""A small ManageSieve client (RFC 5804): as much as it takes to put a filter in place."""

import base64
import contextlib
import re
import socket
import ssl
from collections.abc import Iterator
from typing import BinaryIO

from .clients import HERE, TIMEOUT
from .stack import Stack

_NAME = '"flows"'


def activate(stack: Stack, address: str, password: str, script: str) -> None:
    """Upload `script` and make it the active one; AssertionError with the server's words if it refuses."""
    credentials = base64.b64encode(f"\0{address}\0{password}".encode()).decode()
    with encrypted(stack) as connection:
        _say(connection, f'AUTHENTICATE "PLAIN" "{credentials}"')
        _say(connection, f"PUTSCRIPT {_NAME} {{{len(script.encode())}+}}\r\n{script}")
        _say(connection, f"SETACTIVE {_NAME}")


@contextlib.contextmanager
def encrypted(stack: Stack, behind: bytes = b"") -> Iterator[ssl.SSLSocket]:
    """Connect to port 4190 and begin TLS there, with more bytes in the same piece behind STARTTLS, still in clear."""
    with socket.create_connection((HERE, stack.ports["SIEVE"]), timeout=TIMEOUT) as plain:
        _answer(plain.makefile("rb"))
        plain.sendall(b"STARTTLS\r\n" + behind)
        _answer(plain.makefile("rb"))
        with stack.trust.wrap_socket(plain) as connection:
            _answer(connection.makefile("rb"))
            yield connection


def _say(connection: socket.socket, command: str) -> None:
    connection.sendall(command.encode() + b"\r\n")
    _answer(connection.makefile("rb"))


def _answer(stream: BinaryIO) -> None:
    """Read lines up to the one that ends an answer, and the text it may have behind it (RFC 5804, 1.3)."""
    lines = [stream.readline()]
    while not lines[-1].startswith((b"OK", b"NO", b"BYE")) and lines[-1]:
        lines.append(stream.readline())
    text = re.search(rb"\{(\d+)\}\r\n$", lines[-1])
    said = b"".join(lines) + (stream.read(int(text[1])) if text else b"")
    assert lines[-1].startswith(b"OK"), said.decode()
