"""Two stacks of ours in two domains whose DNS is signed, each with its own mail server's records, in one world with strangers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass

from . import names
from .run import Run
from .stack import Stack
from .world import World
from .zone import KEY, SECRET

ONE, TWO = "one.test", "two.test"
# As a server of the world asks: its own resolver, which says by AD whether an answer is proven (RFC 4035, 3.2.3).
_ASK = """
import json, sys
from dns import flags, message, query, rcode
name, kind = sys.argv[1:]
answer, _ = query.udp_with_fallback(message.make_query(name, kind, want_dnssec=True), "127.0.0.1", timeout=10)
found = [one for each in answer.answer if each.rdtype == answer.question[0].rdtype for one in each]
texts = [b"".join(one.strings).decode() if kind == "TXT" else one.to_text() for one in found]
print(json.dumps({"code": rcode.to_text(answer.rcode()), "proven": bool(answer.flags & flags.AD), "found": texts}))
"""


@dataclass(frozen=True)
class Answer:
    """What the DNS says: the code (NOERROR, NXDOMAIN), whether it is proven, and the records of the kind that was asked for."""

    code: str
    proven: bool
    found: tuple[str, ...]


class Lab:
    """The two stacks, by their domains, and the world they are in. Nothing of their settings is about mail or TLS."""

    def __init__(self, run: Run) -> None:
        self.world = World(run, f"{run.name}-lab")
        self._run = run
        self._names = names.start(self.world, {ONE: [], TWO: []}, [ONE, TWO], KEY=KEY, SECRET=SECRET)
        self.address = self.world.address(self._names)
        for zone in (ONE, TWO):
            self.world.delegate(zone, self.address)
        self.stacks = {zone: self._stack(zone) for zone in (ONE, TWO)}

    def _stack(self, zone: str) -> Stack:
        anchors = [names.wait_ds(self._names, one) for one in (ONE, TWO)]
        settings = {
            "MAIL_HOSTNAME": f"mail.{zone}",
            "MAIL_DOMAINS": zone,
            "MAIL_DNS_SERVER": self.address,
            "MAIL_DNS_TSIG_NAME": KEY,
            "MAIL_DNS_TSIG_SECRET": SECRET,
            "COMPOSE_PROFILES": "filter",
        }
        config = {"unbound/lab.conf": names.trust_in(anchors, (ONE, TWO), self.address)}
        return Stack(self._run, self.world, config, settings, f"{self.world.name}-{zone.partition('.')[0]}")

    def up(self) -> None:
        """Start both, and publish what `mailstead dns` says of them, as their owners would."""
        for stack in self.stacks.values():
            stack.start()
        for stack in self.stacks.values():
            stack.wait_healthy()
            address = self.world.address(stack.container("mail"))
            self.world.tell(f"{'.'.join(reversed(address.split('.')))}.in-addr.arpa PTR {stack.hostname}")
            ran = stack.attempt("mailstead", "dns", "--publish", "--yes", environment={"MAIL_PUBLIC_ADDRESS": address})
            assert ran.status == 0, ran.output

    def ask(self, name: str, kind: str, by: str = TWO) -> Answer:
        """Ask the DNS as a stack of ours does (`by`: its domain)."""
        said: Mapping = json.loads(self.stacks[by].exec("python3", "-c", _ASK, name, kind))
        return Answer(said["code"], said["proven"], tuple(said["found"]))

    def down(self) -> None:
        """End all of it."""
        for stack in self.stacks.values():
            stack.down()
        self.world.close()
