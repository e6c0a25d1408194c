"""Many connections that do nothing, and parsers given too much: they are turned away or cut off, and nobody else waits."""

import base64
import contextlib
import itertools
import socket
import ssl
import statistics
import threading
import time
import zlib
from collections.abc import Callable, Iterator

import pytest

from security.origins import doors
from support import people, sieve
from support.attacker import Attacker
from support.clients import HERE, TIMEOUT, smtp
from support.people import Person
from support.stack import Stack

SOON = 2.0
"""Seconds within which others are answered."""
NOISE = 1.0
"""Seconds that a busy machine may take beside that."""
MOST = 262_144
"""Kilobytes that a process of Dovecot may have at all (default_vsz_limit)."""


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
    """From one address twenty are held, the others are told to go (421); from another address one is served at once."""
    with idle(doors(fortress, "neighbour")["SMTP"], 200) as greetings:
        assert seconds(fortress) < SOON

    assert greetings.count(b"220") <= 20
    assert greetings.count(b"421") >= 180


def reads(person: Person) -> float:
    """Return how long somebody takes to sign in and to open the inbox."""
    begun = time.monotonic()
    with person.inbox.imap():
        return time.monotonic() - begun


def sends(person: Person) -> float:
    """Return how long somebody takes to sign in for sending."""
    begun = time.monotonic()
    with person.signed_in() as server:
        assert server.noop()[0] == 250
    return time.monotonic() - begun


DOORS: dict[str, tuple[int, Callable[[Person], float]]] = {
    "SMTP": (25, lambda person: seconds(person.stack)),
    "SUBMISSIONS": (465, sends),
    "IMAPS": (993, reads),
}


def within(times: list[float]) -> float:
    """Return the time in which 19 of 20 were served."""
    return statistics.quantiles(times, n=20, method="inclusive")[18]


@pytest.fixture(scope="module")
def crowd(fortress: Stack) -> tuple[Attacker, list[str]]:
    """Somebody with twenty addresses."""
    made = Attacker(fortress, "crowd")
    return made, made.more_addresses(20)


@pytest.mark.long
@pytest.mark.parametrize("door", DOORS)
def test_two_hundred_idle_connections_of_twenty_keep_nobody_out(fortress, target, crowd, door: str, figure):
    """Ten from each of twenty addresses, on each port: somebody else is served as ever."""
    (attacker, addresses), (port, served) = crowd, DOORS[door]
    with attacker.holding(port, 10, addresses) as held:
        times = [served(target) for _ in range(60)]

    figure(f"seconds beside {held} idle connections on {port}", {"served": round(within(times), 2), "most": round(max(times), 2)})
    assert held == 200
    assert within(times) < SOON


FLOODS = {
    "parentheses": b"a SEARCH " + b"(" * 200_000,
    "a literal of 4 GB": b"a LOGIN {4294967295}\r\n",
    "a line without end": b"a" * 2_000_000,
    "a second literal of 4 GB": b"a LOGIN {1+}\r\nx {4294967295}\r\n",
}


def flood(stack: Stack, port: str, text: bytes) -> bool:
    """Say it before signing in; whether the server has hung up, or refused, by itself."""
    with socket.create_connection((HERE, stack.ports[port]), timeout=TIMEOUT) as plain, stack.trust.wrap_socket(plain) as tls:
        tls.recv(4096)
        return ends(tls, text)


def ends(tls: ssl.SSLSocket, text: bytes) -> bool:
    """Say it; whether the server has hung up, or refused, by itself."""
    try:
        for begin in range(0, len(text), 65536):
            tls.sendall(text[begin : begin + 65536])
        tls.sendall(b"\r\n")
        said = tls.recv(4096)
    except (ConnectionError, ssl.SSLError):
        return True
    return said == b"" or any(word in said for word in (b"BAD", b"BYE", b"-ERR", b"NO "))


@pytest.mark.parametrize("name", FLOODS)
def test_an_imap_parser_is_not_flooded_by_a_stranger(fortress: Stack, target: Person, name: str):
    """It is refused or hung up on, and others read their mail meanwhile."""
    assert flood(fortress, "IMAPS", FLOODS[name])

    begun = time.monotonic()
    with target.inbox.imap() as server:
        assert "COMPRESS=DEFLATE" not in server.capabilities
    assert time.monotonic() - begun < SOON


NESTED = b"if allof (true) { " * 3000
SCRIPTS = {
    "a script of 4 GB": b'PUTSCRIPT "x" {4294967295+}\r\n',
    "a name of 1 MB": b'PUTSCRIPT "' + b"x" * 10**6 + b'" {1+}\r\n \r\n',
    "a script 3000 deep": b'CHECKSCRIPT {%d+}\r\n%b\r\n' % (len(NESTED), NESTED),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_managesieve_is_not_flooded(fortress: Stack, sender: Person, name: str):
    """By who has signed in: it is refused, or hung up on."""
    login = base64.b64encode(f"\0{sender.address}\0{sender.password}".encode())
    with sieve.encrypted(fortress) as connection:
        connection.sendall(b'AUTHENTICATE "PLAIN" "%b"\r\n' % login)
        assert b"OK" in connection.recv(4096)
        assert ends(connection, SCRIPTS[name])


# What is dear to answer: patterns that match in many ways, threads of one letter's many parents, searches in searches, a bomb.
BOMB = zlib.compressobj(9, zlib.DEFLATED, -15)
DEAR: dict[str, list[bytes]] = {
    "LIST that tries many ways": [b'a LIST "" "' + b"*a" * 60 + b'*b"', b'b LIST "" "' + b"%a" * 60 + b'%b"'],
    "an ID of 200,000 words": [b"a ID (" + b' "k" "v"' * 200_000 + b")"],
    "THREAD by many parents": [b"a THREAD REFERENCES UTF-8 ALL"] * 20,
    "SEARCH in SEARCH": [b"a SEARCH " + b"(OR ALL " * 5000 + b"ALL" + b")" * 5000] * 20,
    "a line of 60,000 flags": [b"a STORE 1:* FLAGS (" + b" ".join(b"f%d" % one for one in range(9000)) + b")"] * 20,
    "COMPRESS bomb": [b"a COMPRESS DEFLATE", BOMB.compress(b"a" * 200_000_000) + BOMB.flush()],
}


@pytest.fixture(scope="module")
def mallet(fortress: Stack) -> Person:
    """Somebody whose inbox is as dear to work on as 60 letters can make it."""
    made = people.make_person(fortress, "Mallet", domain="example.test")
    parents = " ".join(f"<{number}@x.test>" for number in range(1500))
    with made.inbox.imap() as server:
        server.create("a" * 200)
        for number in range(60):
            text = f"Message-ID: <{number}@x.test>\r\nReferences: {parents}\r\nSubject: x\r\n\r\nx\r\n"
            assert server.append("INBOX", None, None, text.encode())[0] == "OK"
    return made


def trouble(person: Person, lines: list[bytes], until: threading.Event) -> None:
    """Say lines that are dear to answer, one after the other's answer, again and again."""
    while not until.is_set():
        with contextlib.suppress(OSError), signed_in(person) as connection:
            for line in itertools.takewhile(lambda _: not until.is_set(), lines):
                connection.sendall(line + b"\r\n")
                said = b" "
                while said and not until.is_set() and b" OK" not in said and b"BAD" not in said and b"NO " not in said:
                    said = connection.recv(65536)


@contextlib.contextmanager
def signed_in(person: Person) -> Iterator[ssl.SSLSocket]:
    """Sign in to 993 and open the inbox, with no library that would understand what is said."""
    at = (HERE, person.stack.ports["IMAPS"])
    with socket.create_connection(at, timeout=1) as plain, person.stack.trust.wrap_socket(plain) as connection:
        login = base64.b64encode(f"\0{person.address}\0{person.password}".encode())
        for line in (b"", b"i AUTHENTICATE PLAIN " + login + b"\r\n", b"i SELECT INBOX\r\n"):
            connection.sendall(line)
            while b"i OK" not in (said := connection.recv(65536)) and line and said:
                pass
        yield connection


def largest(stack: Stack) -> int:
    """Return the most memory that a process there is has had, in kilobytes."""
    said = stack.exec("sh", "-c", "grep -h VmHWM /proc/[0-9]*/status 2>/dev/null || true")
    return max(int(line.split()[1]) for line in said.splitlines())


@pytest.mark.long
@pytest.mark.parametrize("name", DEAR)
def test_what_one_asks_keeps_nobody_else_waiting(fortress, target, mallet, name: str, figure):
    """By a session that asks for nothing else: others read in at most twice the time, and no process goes beyond its limit."""
    usual = within([reads(target) for _ in range(40)])
    until = threading.Event()
    session = threading.Thread(target=trouble, args=(mallet, DEAR[name], until))
    session.start()
    begun, times, peak = time.monotonic(), [], 0
    while time.monotonic() - begun < 20:
        times.append(reads(target))
        peak = max(peak, largest(fortress))
    until.set()
    session.join()

    figure("seconds", {"idle": round(usual, 2), "beside it": round(within(times), 2), "largest process MB": peak // 1024})
    assert within(times) < 2 * usual + NOISE
    assert peak < MOST
