"""Handshakes with a stack's ports, verified: who answers, and whether somebody is ever turned away."""

import contextlib
import itertools
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator

from . import clients, sieve
from .stack import Stack


def _wrapped(stack: Stack, port: str) -> str:
    with (
        socket.create_connection((clients.HERE, stack.ports[port]), timeout=clients.TIMEOUT) as plain,
        stack.trust.wrap_socket(plain) as tls,
    ):
        return _serial(tls)


def _by_smtp(stack: Stack, port: str) -> str:
    with smtplib.SMTP(clients.HERE, stack.ports[port], local_hostname=clients.EHLO, timeout=clients.TIMEOUT) as server:
        server.starttls(context=stack.trust)
        return _serial(server.sock)


def _by_sieve(stack: Stack, _port: str) -> str:
    with sieve.encrypted(stack) as tls:
        return _serial(tls)


def _serial(tls: ssl.SSLSocket) -> str:
    return tls.getpeercert()["serialNumber"]


WAYS: dict[str, Callable[[Stack, str], str]] = {
    "SMTP": _by_smtp,
    "SUBMISSIONS": _wrapped,
    "SUBMISSION": _by_smtp,
    "IMAPS": _wrapped,
    "POP3S": _wrapped,
    "SIEVE": _by_sieve,
}
"""How to shake hands on each published port: (stack, port) to the serial of the certificate, as openssl(1) writes it."""


def serials(stack: Stack) -> dict[str, str]:
    """Return the serial each published port serves, by a handshake that verifies it; ssl.SSLError where it does not hold."""
    return {port: WAYS[port](stack, port) for port in published(stack)}


def published(stack: Stack) -> list[str]:
    """Return the names of the ports that serve something."""
    on = {"POP3S": stack.settings.get("MAIL_POP3") != "no", "SIEVE": stack.settings.get("MAIL_MANAGESIEVE") == "yes"}
    return [port for port in WAYS if on.get(port, True)]


class Tally:
    """Handshakes counted: how many were good, and what those said that were not."""

    def __init__(self) -> None:
        self.good = 0
        self.bad: list[str] = []


@contextlib.contextmanager
def counted(stack: Stack) -> Iterator[Tally]:
    """Shake hands without a break, port after port, for a while."""
    tally, over = Tally(), threading.Event()
    shaking = threading.Thread(target=_shake, args=(stack, tally, over))
    shaking.start()
    try:
        yield tally
    finally:
        over.set()
        shaking.join()


def _shake(stack: Stack, tally: Tally, over: threading.Event) -> None:
    for port in itertools.cycle(published(stack)):
        if over.is_set():
            return
        try:
            WAYS[port](stack, port)
            tally.good += 1
        except (OSError, smtplib.SMTPException, AssertionError) as error:
            tally.bad.append(f"{port}: {error!r}")
