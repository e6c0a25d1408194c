"""Who reaches what over the network: only what is published, and what the two containers have agreed upon."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from docker.models.containers import Container
from docker.models.networks import Network

from support import world as worlds
from support.stack import Stack
from support.wait import wait_until

PUBLISHED = {
    25: "other servers bring mail",
    465: "people send, TLS",
    587: "people send, STARTTLS",
    993: "people read by IMAP",
    995: "people read by POP3",
}
"""What the mail container listens on for others."""
ON_DEMAND = {
    80: "the CA comes while a certificate is ordered by http-01",
    443: "the CA comes while a certificate is ordered by tls-alpn-01",
}
"""What Docker publishes beside, where nobody listens until it is asked for. 4190 is only published with MAIL_MANAGESIEVE."""
FOR_THE_MAIL_CONTAINER = {
    11332: "the milter: Postfix has each message read",
    11334: "the controller: Dovecot teaches it, with a password",
}
"""What the filter listens on, on the network that the two share."""
ALL = 0
"""Every port, to scan.py."""
_LISTENING = "cat /proc/net/tcp /proc/net/tcp6"


class Places:
    """From where one can look: a container of the world's image in a network ("host" too), or in the place of "container:ID"."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._open: dict[str, Container] = {}

    def scan(self, place: str, *targets: tuple[str, int]) -> dict[str, set[int]]:
        """Return the open ports of each address that was asked for, as seen from `place`."""
        if place not in self._open:
            self._open[place] = self._start(place)
        command = ["python3", "-I", "/world/scan.py", json.dumps(targets)]
        status, output = self._open[place].exec_run(command)
        assert status == 0, output.decode()
        found = json.loads(output)
        return {address: {port for at, port in found if at == address} for address, _ in targets}

    def ask(self, place: str, address: str) -> bool:
        """Return whether a DNS server answers at an address, over UDP."""
        self.scan(place)
        return self._open[place].exec_run(["dig", "+tries=1", "+time=1", f"@{address}", "example.test"]).exit_code == 0

    def _start(self, place: str) -> Container:
        kind = "network_mode" if place == "host" or ":" in place else "network"
        run = self._stack.run
        return run.client.containers.run(worlds.IMAGE, detach=True, init=True, labels=run.labels, **{kind: place})

    def close(self) -> None:
        """End all of them."""
        for container in self._open.values():
            container.remove(force=True)


@pytest.fixture(scope="module")
def elsewhere(guarded: Stack) -> Iterator[Network]:
    """The network of another compose project."""
    network = guarded.run.client.networks.create(f"{guarded.name}-elsewhere", driver="bridge", labels=guarded.run.labels)
    yield network
    network.remove()


@pytest.fixture(scope="module")
def places(guarded: Stack, elsewhere: Network) -> Iterator[Places]:
    """Places to look from. They end before the network in which one of them is."""
    made = Places(guarded)
    yield made
    made.close()


def address(stack: Stack, service: str, network: str) -> str:
    """Return the address of a service's container in a network."""
    return stack.container(service).attrs["NetworkSettings"]["Networks"][network]["IPAddress"]


def addresses(stack: Stack) -> dict[tuple[str, str], str]:
    """Return each address by its service and network; the filter's way out, "outside", is the world's network here."""
    inside = f"{stack.name}_inside"
    return {
        ("mail", "default"): address(stack, "mail", stack.world.name),
        ("mail", "inside"): address(stack, "mail", inside),
        ("filter", "outside"): address(stack, "filter", stack.world.name),
        ("filter", "inside"): address(stack, "filter", inside),
    }


def listening(stack: Stack) -> set[int]:
    """Return every TCP port that anything in the containers listens on, loopback too."""
    rows = [row.split() for service in ("mail", "filter") for row in _sockets(stack, service)]
    return {int(row[1].rpartition(":")[2], 16) for row in rows if row[3] == "0A"}


def _sockets(stack: Stack, service: str) -> list[str]:
    text = stack.container(service).exec_run(["sh", "-c", _LISTENING]).output.decode()
    return [line for line in text.splitlines() if "local_address" not in line]


def every(stack: Stack, at: str, long: bool) -> list[tuple[str, int]]:
    """Return what to try of an address: the ports that somebody listens on (there is nothing else to reach), or all of them."""
    return [(at, ALL)] if long else [(at, port) for port in sorted(listening(stack))]


def test_a_sibling_reaches_the_published_ports_alone(guarded: Stack, places: Places):
    """All 65535 ports of both containers, from a container in the same network (a webmail, say): nothing of the filter's."""
    mail, filters = addresses(guarded)["mail", "default"], addresses(guarded)["filter", "outside"]

    assert places.scan(guarded.world.name, (mail, ALL), (filters, ALL)) == {mail: set(PUBLISHED), filters: set()}
    assert not any(places.ask(guarded.world.name, one) for one in (mail, filters))


def test_the_two_containers_reach_of_each_other_what_is_agreed(guarded: Stack, places: Places, long: bool):
    """Whoever has broken into the filter finds the ports that the whole world finds, and the other way round the filter's two."""
    mail, filters = addresses(guarded)["mail", "inside"], addresses(guarded)["filter", "inside"]
    of_the_filter, of_mail = (f"container:{guarded.container(service).id}" for service in ("filter", "mail"))

    assert places.scan(of_the_filter, *every(guarded, mail, long)) == {mail: set(PUBLISHED)}
    assert places.scan(of_mail, *every(guarded, filters, long)) == {filters: set(FOR_THE_MAIL_CONTAINER)}
    assert not places.ask(of_the_filter, mail)
    assert not places.ask(of_mail, filters)


def test_another_compose_project_reaches_nothing(guarded: Stack, places: Places, elsewhere: Network, long: bool):
    """Docker keeps its networks apart: what others want of us they want of the published ports."""
    targets = [target for one in addresses(guarded).values() for target in every(guarded, one, long)]

    found = places.scan(elsewhere.name, *targets)

    assert len(targets) > len(PUBLISHED)
    assert found == {one: set() for one in addresses(guarded).values()}


def test_the_machine_itself_reaches_no_more_than_that(guarded: Stack, places: Places, long: bool):
    """It has a foot in each network; what listens on loopback alone stays with its container."""
    expected = {
        ("mail", "default"): set(PUBLISHED),
        ("mail", "inside"): set(PUBLISHED),
        ("filter", "inside"): set(FOR_THE_MAIL_CONTAINER),
        ("filter", "outside"): set(),
    }
    at = addresses(guarded)

    found = places.scan("host", *[target for one in at.values() for target in every(guarded, one, long)])

    assert {which: found[one] for which, one in at.items()} == expected
    assert not any(places.ask("host", one) for one in at.values())


def published(stack: Stack, service: str) -> set[int]:
    """Return the ports of a service's container that Docker passes on to."""
    ports = stack.container(service).attrs["NetworkSettings"]["Ports"]
    return {int(port.split("/")[0]) for port, to in ports.items() if to}


def test_docker_publishes_what_the_list_says(guarded: Stack):
    """And of the filter nothing."""
    assert published(guarded, "mail") == {*PUBLISHED, *ON_DEMAND}
    assert published(guarded, "filter") == set()


@contextmanager
def a_service_of_its_own(stack: Stack, bind: str, port: int) -> Iterator[None]:
    """Listen in the mail container for a while."""
    start = f"python3 -m http.server --bind {bind} {port} >/dev/null 2>&1 & echo $!"
    pid = stack.exec("sh", "-c", start).strip()
    try:
        wait_until(lambda: port in listening(stack), what=f"a listener on {port}")
        yield
    finally:
        stack.exec("kill", pid)


@pytest.mark.parametrize(("bind", "seen"), [("0.0.0.0", True), ("127.0.0.1", False)], ids=["bound wide", "on loopback"])
def test_a_port_more_is_seen_where_it_is_bound_wide(guarded: Stack, places: Places, bind: str, seen: bool):
    """The negative control: the scan finds what is open, and what is on loopback is not open."""
    mail = addresses(guarded)["mail", "default"]

    with a_service_of_its_own(guarded, bind, 10025):
        found = places.scan(guarded.world.name, *every(guarded, mail, long=False))

    assert (10025 in found[mail]) == seen
    assert found[mail] >= set(PUBLISHED)


def test_the_scan_knows_a_name_server_when_it_hears_one(guarded: Stack, places: Places):
    """The negative control for DNS: the world's own answers."""
    assert places.ask(guarded.world.name, guarded.world.resolver)
