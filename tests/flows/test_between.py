"""Straight to other servers: where a domain promises encryption, by DANE or MTA-STS, mail goes there so, or waits."""

import json
from collections.abc import Callable, Iterator, Mapping

import pytest

from support import people
from support.peers import BOGUS, SIGNED, UNSIGNED, Peer, Peers
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

TAKEN_BY_TLS, WAITS, TAKEN = "taken by TLS", "waits", "taken"
DANE: Mapping[str, tuple[Peer, str]] = {
    "good": (Peer(domain=f"good.{SIGNED}", tlsa="3 1 1", certificate="forged"), TAKEN_BY_TLS),
    "wrong digest": (Peer(domain=f"wrong.{SIGNED}", tlsa="3 1 1", right=False), WAITS),
    "expired but matching": (Peer(domain=f"expired.{SIGNED}", tlsa="3 1 1", certificate="expired"), TAKEN_BY_TLS),
    "no STARTTLS": (Peer(domain=f"bare.{SIGNED}", tlsa="3 1 1", certificate="none", right=False), WAITS),
    "bogus": (Peer(domain=f"bogus.{SIGNED}", host=f"mx.{BOGUS}", tlsa="3 1 1"), WAITS),
    "insecure": (Peer(domain=f"plain.{UNSIGNED}", tlsa="3 1 1", right=False), TAKEN_BY_TLS),
    "unusable": (Peer(domain=f"web.{SIGNED}", tlsa="1 1 1", right=False, certificate="forged"), TAKEN_BY_TLS),
    "2 1 1": (Peer(domain=f"authority.{SIGNED}", tlsa="2 1 1"), TAKEN_BY_TLS),
}
MTA_STS: Mapping[str, tuple[Peer, str]] = {
    "enforce and match": (Peer(domain=f"match.{UNSIGNED}", policy="enforce"), TAKEN_BY_TLS),
    "enforce and mismatch": (Peer(domain=f"mismatch.{UNSIGNED}", policy="enforce", names="mx.other.test"), WAITS),
    "testing": (Peer(domain=f"testing.{UNSIGNED}", policy="testing", names="mx.other.test"), TAKEN_BY_TLS),
    "none": (Peer(domain=f"none.{UNSIGNED}", policy="none", certificate="none"), TAKEN),
    "policy by a stranger": (Peer(domain=f"web.{UNSIGNED}", policy="enforce", names="mx.other.test", web="forged"), TAKEN_BY_TLS),
    "forged": (Peer(domain=f"forged.{UNSIGNED}", policy="enforce", certificate="forged"), WAITS),
}
BOTH: Mapping[str, tuple[Peer, str]] = {
    "DANE says no, MTA-STS yes": (Peer(domain=f"no.{SIGNED}", tlsa="3 1 1", right=False, policy="enforce"), WAITS),
    "DANE says yes, MTA-STS no": (
        Peer(domain=f"yes.{SIGNED}", tlsa="3 1 1", certificate="forged", policy="enforce", names="mx.other.test"),
        TAKEN_BY_TLS,
    ),
    "unusable for DANE, MTA-STS no": (Peer(domain=f"odd.{SIGNED}", tlsa="1 1 1", policy="enforce", names="mx.other.test"), WAITS),
}
EVERY = DANE | MTA_STS | BOTH


class Town:
    """A stack that has written to every peer."""

    def __init__(self, stack: Stack, peers: Peers, alice: Person) -> None:
        self.stack = stack
        self.peers = peers
        self.alice = alice

    def write(self, name: str) -> None:
        """Have Alice write to a peer."""
        self.alice.send(to=f"dora@{self.peers.peers[name].domain}", subject=f"To {name}")

    def verdict(self, name: str) -> str:
        """What has become of the letter; nothing yet where nothing is known."""
        kept = self.peers.kept(name)
        if kept:
            return TAKEN_BY_TLS if all(one.tls for one in kept) else TAKEN
        return WAITS if any(self.reasons(name)) else ""

    def reasons(self, name: str) -> list[str]:
        """Why each letter to a peer waits, in Postfix's words; "" for one that has not been tried yet."""
        address = f"dora@{self.peers.peers[name].domain}"
        entries = map(json.loads, self.stack.exec("postqueue", "-j").splitlines())
        waiting = [one for entry in entries for one in entry["recipients"] if one["address"] == address]
        return [one.get("delay_reason", "") for one in waiting]


@pytest.fixture(scope="module")
def town(open_stack: Callable, authority) -> Iterator[Town]:
    """A stack among all peers, to each of which Alice has written."""
    config, made = {"authority.pem": authority.pem}, []

    def beside(world):
        made.append(Peers(world, {name: peer for name, (peer, _) in EVERY.items()}))
        config["unbound/lab.conf"] = made[0].unbound

    with open_stack(config=config, beside=beside, POSTFIX_smtp_tls_CAfile="/config/authority.pem") as stack:
        found = Town(stack, made[0], people.make_person(stack, "Alice", domain="example.test"))
        for name in EVERY:
            found.write(name)
        yield found


@pytest.mark.parametrize("name", EVERY)
def test_mail_goes_as_the_domain_promises_or_waits(town: Town, name: str):
    """Eight verdicts for DANE, six for MTA-STS, and where a domain has both, DANE's."""
    wait_until(lambda: town.verdict(name), within=90, what=f"the letter to be taken or to wait: {name}")

    assert town.verdict(name) == EVERY[name][1], town.reasons(name)


def test_a_promise_holds_while_its_web_server_is_away(town: Town):
    """The policy is kept through a restart; what it forbade is forbidden still."""
    wait_until(lambda: town.verdict("enforce and mismatch"), within=90, what="the policy to be known")
    town.peers.forget_policy("enforce and mismatch")
    town.stack.recreate()

    town.write("enforce and mismatch")

    wait_until(lambda: list(map(bool, town.reasons("enforce and mismatch"))) == [True, True], what="the second letter to wait")
    assert town.peers.kept("enforce and mismatch") == []


def test_mail_waits_while_nobody_can_say_what_was_promised(make_stack: Callable[..., Stack]):
    """It is neither sent with less, nor sent back."""
    stack = make_stack(POSTFIX_smtp_tls_policy_maps="proxy:socketmap:unix:private/nobody:postfix")
    alice, sink = people.make_person(stack, "Alice", domain="example.test"), stack.world.sink

    alice.send(to="dora@elsewhere.test", subject="Not yet")

    wait_until(stack.deferred, what="the letter to wait")
    assert sink.kept() == []
