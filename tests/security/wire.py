"""SMTP as an attacker speaks it: bytes over a socket, no library to correct them."""

import base64
import socket
import ssl
from typing import Self

from support.clients import HERE, TIMEOUT
from support.people import Person
from support.stack import Stack


class Wire:
    """A connection to one of a stack's ports ("SMTP", "SUBMISSIONS", "SUBMISSION"), greeted, in TLS where `tls` says so.

    `at`: host and port to connect to, where that is not the published port.
    """

    def __init__(self, stack: Stack, port: str, *, tls: bool, at: tuple[str, int] | None = None) -> None:
        self._stack = stack
        to = at or (HERE, stack.ports[port])
        self._socket: socket.socket | ssl.SSLSocket = socket.create_connection(to, timeout=TIMEOUT)
        if tls and port == "SUBMISSIONS":
            self._socket = stack.trust.wrap_socket(self._socket)
        self._stream = self._socket.makefile("rb")
        self.greeting = self.answer()
        if tls and port != "SUBMISSIONS":
            self.begin_tls()

    def begin_tls(self, behind: bytes = b"") -> None:
        """Begin TLS by STARTTLS, with more bytes in the same piece behind it, still in clear."""
        self.say("EHLO attacker.test")
        self.send(b"STARTTLS\r\n" + behind)
        assert self.answer().startswith("220")
        self._socket = self._stack.trust.wrap_socket(self._socket)
        self._stream = self._socket.makefile("rb")

    @classmethod
    def of(cls, person: Person, port: str) -> Self:
        """Connect to 465 or 587 and sign in as somebody."""
        wire = cls(person.stack, port, tls=True)
        wire.say("EHLO attacker.test")
        login = base64.b64encode(f"\0{person.address}\0{person.password}".encode()).decode()
        assert wire.say(f"AUTH PLAIN {login}").startswith("235")
        return wire

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stream.close()
        self._socket.close()

    def say(self, line: str) -> str:
        """Send one line and return the answer; an empty one where the server has hung up."""
        self.send(line.encode(errors="surrogateescape") + b"\r\n")
        return self.answer()

    def send(self, raw: bytes) -> None:
        """Send bytes as they are."""
        self._socket.sendall(raw)

    def answer(self) -> str:
        """Return one answer, all of its lines; an empty one where the server has hung up."""
        lines = [self._stream.readline()]
        while lines[-1][3:4] == b"-":
            lines.append(self._stream.readline())
        return b"".join(lines).decode(errors="replace")

    def rest(self) -> str:
        """Take leave, and return all that the server still had to say."""
        self.send(b"QUIT\r\n")
        return self._stream.read().decode(errors="replace")
