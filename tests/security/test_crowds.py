"""Many connections that do nothing, and parsers given too much: they are turned away or cut off, and nobody else waits."""

import contextlib
import socket
import ssl
import time
from collections.abc import Iterator

import pytest

from security.origins import doors
from support.clients import HERE, TIMEOUT, smtp
from support.people import Person
from support.stack import Stack

SOON = 2.0
"""Seconds within which others are answered."""


def seconds(stack: Stack) -> float:
    """Return how long a stranger from elsewhere takes to be told that somebody is here."""
    begun = time.monotonic()
    with smtp(stack) as server:
        server.ehlo()
        server.mail("")
        assert server.rcpt("postmaster@example.test")[0] == 250
    return time.monotonic() - begun


@contextlib.contextmanager
def idle(at: tuple[str, int], count: int) -> Iterator[list[bytes]]:
    """Hold connections that say nothing; yield what each was greeted with."""
    with contextlib.ExitStack() as held:
        connections = [held.enter_context(socket.create_connection(at, timeout=TIMEOUT)) for _ in range(count)]
        yield [connection.recv(3) for connection in connections]


@pytest.mark.long
def test_two_hundred_idle_connections_of_one_keep_nobody_out(fortress: Stack):
    """From one address fifty are held, the others are told to go (421); from another address one is served at once."""
    with idle(doors(fortress, "neighbour")["SMTP"], 200) as greetings:
        assert seconds(fortress) < SOON

    assert greetings.count(b"220") <= 50
    assert greetings.count(b"421") >= 150


FLOODS = {
    "parentheses": b"a SEARCH " + b"(" * 200_000,
    "a literal of 4 GB": b"a LOGIN {4294967295}\r\n",
    "a line without end": b"a" * 2_000_000,
}


def flood(stack: Stack, port: str, text: bytes) -> bool:
    """Say it before signing in; whether the server has hung up, or refused, by itself."""
    with socket.create_connection((HERE, stack.ports[port]), timeout=TIMEOUT) as plain, stack.trust.wrap_socket(plain) as tls:
        tls.recv(4096)
        try:
            for begin in range(0, len(text), 65536):
                tls.sendall(text[begin : begin + 65536])
            tls.sendall(b"\r\n")
            said = tls.recv(4096)
        except (ConnectionError, ssl.SSLError):
            return True
        return said == b"" or any(word in said for word in (b"BAD", b"BYE", b"-ERR"))


@pytest.mark.parametrize("name", FLOODS)
def test_an_imap_parser_is_not_flooded_by_a_stranger(fortress: Stack, target: Person, name: str):
    """It is refused or hung up on, and others read their mail meanwhile."""
    assert flood(fortress, "IMAPS", FLOODS[name])

    begun = time.monotonic()
    with target.inbox.imap() as server:
        assert "COMPRESS=DEFLATE" not in server.capabilities
    assert time.monotonic() - begun < SOON
