"""What each port serves, asked at the port itself, as any client would."""

import contextlib
import smtplib
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

from ..settings import Settings
from ..tls import unverified

_HERE = "127.0.0.1"
_LONGEST = 10  # seconds until a port has answered
_STARTTLS = b"STARTTLS\r\n"


Ask = Callable[[int, str], bytes]
"""Asks a port of a host for its certificate (DER); OSError or SMTPException where it does not answer."""


def published(settings: Settings) -> Mapping[int, Ask]:
    """Return the TLS ports of this container, each with what asks it for its certificate."""
    ports = {25: _by_smtp, 465: _by_tls, 587: _by_smtp, 993: _by_tls, 995: _by_tls, 4190: _by_sieve}
    switched = {587: settings.submission_starttls, 995: settings.pop3, 4190: settings.managesieve}
    return {port: ask for port, ask in ports.items() if switched.get(port, True)}


def served(settings: Settings) -> Mapping[int, bytes | None]:
    """Return the certificate (DER) each port serves; None for one that does not answer."""
    asking = published(settings)
    with ThreadPoolExecutor(len(asking)) as pool:
        return dict(zip(asking, pool.map(_certificate, asking.values(), asking), strict=True))


def _certificate(ask: Ask, port: int) -> bytes | None:
    with contextlib.suppress(OSError, smtplib.SMTPException):
        return ask(port, _HERE)
    return None


def _by_tls(port: int, host: str) -> bytes:
    with socket.create_connection((host, port), timeout=_LONGEST) as plain:
        return _handshake(plain)


def _by_smtp(port: int, host: str) -> bytes:
    with smtplib.SMTP(host, port, "localhost", timeout=_LONGEST) as server:
        server.starttls(context=unverified())
        return server.sock.getpeercert(binary_form=True)


def _by_sieve(port: int, host: str) -> bytes:
    """Ask ManageSieve (RFC 5804, 2.2)."""
    with socket.create_connection((host, port), timeout=_LONGEST) as plain:
        lines = plain.makefile("rb")
        _until_ok(lines)
        plain.sendall(_STARTTLS)
        _until_ok(lines)
        return _handshake(plain)


def _until_ok(lines: socket.SocketIO) -> None:
    for line in lines:
        if line.startswith(b"OK"):
            return
    raise ConnectionError("the server has hung up")


def _handshake(plain: socket.socket) -> bytes:
    with unverified().wrap_socket(plain) as tls:
        return tls.getpeercert(binary_form=True) or b""
