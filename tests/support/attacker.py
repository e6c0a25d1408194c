"""Somebody who guesses passwords: a machine of its own in a stack's world, with as many addresses as it wants."""

import contextlib
import ipaddress
import itertools
import json
import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .stack import Stack

_AT_ONCE = 200  # seconds until an attack is over
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Attempt:
    """One connection to a door ("submissions", "imaps", ...), and the passwords tried on it."""

    door: str
    login: str
    passwords: Sequence[str] = ("a wrong password",)
    source: str = ""
    at: float = 0.0
    """Seconds after the begin."""


@dataclass(frozen=True)
class Answer:
    """The last line the server said to a password, and after how many seconds."""

    said: str
    after: float


class Attacker:
    """A container with an address of its own in the stack's world; `name` tells several from each other."""

    def __init__(self, stack: Stack, name: str) -> None:
        self._server = stack.world.address(stack.container("mail"))
        self._container = stack.world.start(name, ["sleep", "infinity"], cap_add=["NET_ADMIN"])
        self.address = stack.world.address(self._container)
        self._network = ipaddress.ip_network(stack.world.network_addresses())

    def more_addresses(self, count: int) -> list[str]:
        """Take more addresses, from the end of the network, where Docker gives out none, and nobody else has them."""
        last = int(self._network.broadcast_address)
        addresses = [str(ipaddress.ip_address(last - number)) for number in itertools.islice(_numbers, count)]
        length = self._network.prefixlen
        commands = "\n".join(f"ip address add {one}/{length} dev eth0" for one in addresses)
        status, output = self._container.exec_run(["sh", "-ec", commands])
        assert status == 0, output.decode()
        return addresses

    @contextlib.contextmanager
    def holding(self, port: int, each: int, sources: Sequence[str]) -> Iterator[int]:
        """Hold connections that say nothing, so many from each address, for a while; yield how many were let in."""
        command = ["python3", "/world/hold.py", self._server, str(port), str(each), *sources]
        process = subprocess.Popen(
            ["docker", "exec", "--interactive", self._container.name, *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield int(process.stdout.readline())
        finally:
            process.communicate(timeout=_AT_ONCE)

    def begin(self, attempts: Iterable[Attempt], at_once: int = 100) -> subprocess.Popen:
        """Begin an attack of at most so many connections at a time, to be ended by `answers`."""
        guess = ["python3", "/world/guess.py", self._server, str(at_once)]
        command = ["docker", "exec", "--interactive", self._container.name, *guess]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        process.stdin.write(json.dumps([vars(one) for one in attempts]))
        process.stdin.close()
        process.stdin = None
        return process

    def guess(self, attempts: Iterable[Attempt], at_once: int = 100) -> list[list[Answer]]:
        """Try all; return the answers of each attempt."""
        return answers(self.begin(attempts, at_once))


def answers(attack: subprocess.Popen) -> list[list[Answer]]:
    """Wait for the end of an attack; return the answers of each attempt."""
    said, _ = attack.communicate(timeout=_AT_ONCE)
    assert attack.returncode == 0
    return [[Answer(*one) for one in several] for several in json.loads(said)]
