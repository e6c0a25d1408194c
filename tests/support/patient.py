"""A stack whom the doctor looks at: in a world where its addresses are public ones, and every record is where it belongs."""

import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from mailstead.dns.txt import in_zone

from .run import Run
from .stack import Stack
from .wait import wait_until
from .world import World

# No longer anybody's (RFC 7526), and no private one: what goes there stays in Docker's network all the same.
_NETWORKS = [f"192.88.99.{start}/28" for start in range(0, 256, 16)]


@dataclass(frozen=True)
class Line:
    """What the doctor says of one thing."""

    id: str
    status: str
    said: str
    mend: str


Lines = Mapping[str, Line]


def free_network(run: Run) -> str:
    """Return a network of public addresses that no other world has."""
    used = {pool.get("Subnet") for one in run.client.networks.list() for pool in one.attrs["IPAM"]["Config"] or []}
    return random.choice([one for one in _NETWORKS if one not in used])


class Patient:
    """A stack, and what is known of it in its world."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.world: World = stack.world
        self.address = self._address_of(f"{stack.name}-mail-1")
        self.time_differs(0)
        self._others = [
            f"pool.ntp.org A {self._address_of(f'{stack.name}-clock0')}",
            f"mx.outside.test A {self._address_of(f'{stack.name}-outside')}",
        ]
        self.took = 0.0
        self.stack.exec("cp", "/etc/postfix/main.cf", "/tmp/main.cf")
        self.heal()

    def examine(self, *words: str, resolver: str | None = None, environment: Mapping[str, str] = {}) -> Lines:
        """Have the doctor look; return the lines by their ids. He asks the world's DNS, which forgets nothing it is told."""
        server = ["--resolver", resolver or self.world.resolver] if resolver != "" else []
        command = ["mailstead", "doctor", "--json", *server, *words]
        begin = time.monotonic()
        ran = self.stack.attempt(*command, environment=environment)
        self.took = time.monotonic() - begin
        found = [Line(**one) for one in json.loads(ran.output)]
        if "--changes" not in words:
            assert ran.status == (1 if any(one.status == "fail" for one in found) else 0), ran.output
        return {one.id: one for one in found}

    def asked_about(self, address: str, password: str | None = None) -> Lines:
        """Have the doctor go the way of somebody's login."""
        words = ["--password-stdin"] if password is not None else []
        ran = self.stack.attempt("mailstead", "doctor", "--json", "auth", address, *words, text=f"{password or ''}\n")
        return {one.id: one for one in (Line(**one) for one in json.loads(ran.output))}

    def heal(self) -> None:
        """Let the world know every record this stack needs, as `mailstead dns` lists them."""
        self.stack.introduce()
        listed = json.loads(self.stack.mailstead("dns", "--json"))
        elsewhere = ("A", "AAAA", "PTR")
        known = [
            f"{one['name']} {one['type']} {in_zone(one['type'], one['value'])}"
            for one in listed
            if one["value"] and one["type"] not in elsewhere
        ]
        here = [f"{self.stack.hostname} A {self.address}", f"{self.backwards}.in-addr.arpa PTR {self.stack.hostname}"]
        zones = [*self.stack.domains, "silent.test"]
        self.world.answer_for(*zones)
        self.world.tell(*known, *here, *self._others)
        # Telling of a name makes the DNS forget all else of it, and of a zone's own name that it is one.
        self.world.answer_for(*zones)

    def _address_of(self, container: str) -> str:
        return self.world.address(self.stack.run.client.containers.get(container))

    @property
    def backwards(self) -> str:
        """Its address, the last octet first."""
        return ".".join(reversed(self.address.split(".")))

    def time_differs(self, seconds: int) -> None:
        """Let the world's time be some seconds ahead of this machine's."""
        container = self.world.start(f"clock{seconds}", ["python3", "/world/clock.py", str(seconds)])
        wait_until(lambda: b"listening" in container.logs(), what="the time server to listen")
        self.world.tell(f"pool.ntp.org A {self.world.address(container)}")

    def write(self, place: str, text: str) -> None:
        """Write a file in the mail container."""
        self.stack.exec("sh", "-c", f"cat > {place}", text=text)

    def main_cf(self, **parameters: str) -> None:
        """Set parameters of Postfix behind Mailstead's back."""
        self.stack.exec("postconf", "-e", *(f"{name}={value}" for name, value in parameters.items()))
        self.stack.exec("postfix", "reload")

    def give_back(self) -> None:
        """Let Postfix have the parameters it was started with."""
        self.stack.exec("cp", "/tmp/main.cf", "/run/mailstead/etc/postfix/main.cf")
        self.stack.exec("postfix", "reload")
