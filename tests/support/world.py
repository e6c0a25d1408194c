"""The world around one stack: a network, the DNS that everybody in it asks, a second MTA and a sink, from one image."""

import ipaddress
import os
import secrets
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

import docker
from docker.models.containers import Container

from .outside import Outside
from .run import Run
from .sink import Sink

IMAGE = os.environ.get("MAILSTEAD_WORLD_IMAGE", "mailstead/world")
_CONTROL = "unbound-control -q -c /world/dns.conf"


# Docker itself has addresses for some thirty networks, which a run with many stacks, or two runs, would use up.
_PRIVATE = ipaddress.ip_network("10.192.0.0/10")
_FEW = 28  # the prefix of a network with 14 addresses


def build(client: docker.DockerClient) -> None:
    """Build the image that plays every part of the world."""
    client.images.build(path=str(Path(__file__).with_name("world")), tag=IMAGE, rm=True)


class World:
    """A network with its DNS. The second MTA and the sink begin to exist when somebody first asks for them.

    `name` is the network's; `resolver` the address of the DNS server. `subnet`: its addresses, where not private ones.
    `ipv6`: it has IPv6 too (RFC 4193), and a stack in it is also published at [::1].
    """

    def __init__(self, run: Run, name: str, subnet: str | None = None, *, ipv6: bool = False) -> None:
        self.run = run
        self.name = name
        self.ipv6 = ipv6
        self._containers: list[Container] = []
        self._create(subnet)
        self._dns = self.start("dns", ["unbound", "-d", "-c", "/world/dns.conf"])
        self.resolver = self.address(self._dns)

    def _create(self, subnet: str | None) -> None:
        """Make the network: of these addresses, or of a /24 that is nobody's, whose second half is for networks inside stacks."""
        ours, rest = map(str, _private().subnets())
        subnets = [subnet or ours, *([_unique_local()] if self.ipv6 else [])]
        pools = [docker.types.IPAMPool(subnet=one) for one in subnets]
        options = {"ipam": docker.types.IPAMConfig(pool_configs=pools), "enable_ipv6": self.ipv6, "labels": self.run.labels}
        try:
            self.network = self.run.client.networks.create(self.name, driver="bridge", **options)
        except docker.errors.APIError as error:
            if subnet or "overlaps" not in str(error):
                raise
            self._create(subnet)
        else:
            self._inside = None if subnet else ipaddress.ip_network(rest).subnets(new_prefix=_FEW)

    def inside(self) -> dict[str, object]:
        """Return what compose must know of a network inside a stack of this world, beside its name: addresses nobody else has."""
        return {"ipam": {"config": [{"subnet": str(next(self._inside))}]}} if self._inside else {}

    def start(self, part: str, command: list[str], image: str = IMAGE, **options: object) -> Container:
        """Start a container that plays `part` in this world; `options` are those of docker run."""
        name = f"{self.name}-{part}"
        container = self.run.client.containers.run(
            image, command, name=name, detach=True, init=True, network=self.name, labels=self.run.labels, **options
        )
        self._containers.append(container)
        return container

    def address(self, container: Container, kind: str = "IPAddress") -> str:
        """Return a container's address in this world: its "IPAddress" (version 4), "GlobalIPv6Address" or "Gateway"."""
        container.reload()
        assert container.status == "running", f"{container.name} has ended:\n{container.logs().decode(errors='replace')}"
        return container.attrs["NetworkSettings"]["Networks"][self.name][kind]

    def network_addresses(self) -> str:
        """Return the addresses of this world's network, in CIDR notation."""
        self.network.reload()
        return self.network.attrs["IPAM"]["Config"][0]["Subnet"]

    def tell(self, *records: str) -> None:
        """Let the DNS know `records` ("example.test MX 10 mail.example.test"), in place of what it knew of those names."""
        names = {record.split()[0] for record in records}
        self._control(_from_input("local_datas_remove", names), _from_input("local_datas", records))

    def delegate(self, zone: str, address: str) -> None:
        """Let the DNS ask the server at `address` for what it does not know of `zone`."""
        self._control(f"local_zone {zone}. typetransparent", f"stub_add {zone}. {address}")

    def answer_for(self, *zones: str) -> None:
        """Let the DNS be the one who is responsible for some zones, with whatever it is told of names in them afterwards."""
        apex = "{0} SOA ns.{0} hostmaster.{0} 1 60 60 60 60\n{0} NS ns.{0}\nns.{0} A {1}"
        records = [apex.format(zone, self.resolver) for zone in zones]
        self._control(*(f"local_zone {zone}. static" for zone in zones), _from_input("local_datas", records))

    def _control(self, *commands: str) -> None:
        status, output = self._dns.exec_run(["sh", "-ec", "\n".join(f"{_CONTROL} {one}" for one in commands)])
        assert status == 0, f"the world's DNS did not take {commands}: {output.decode()}"

    @cached_property
    def outside(self) -> Outside:
        """The second MTA, and the people of outside.test."""
        return Outside(self)

    @cached_property
    def sink(self) -> Sink:
        """The sink at elsewhere.test, which is also the smarthost smtp.provider.test."""
        return Sink(self)

    def logs(self, since: float = 1) -> dict[str, str]:
        """Return what each part has said since a time (seconds of the epoch)."""
        return {container.name: container.logs(since=since).decode(errors="replace") for container in self._containers}

    def close(self) -> None:
        """End this world; every stack must have left its network before."""
        for container in self._containers:
            container.remove(force=True, v=True)
        self.network.remove()


def _from_input(command: str, lines: Iterable[str]) -> str:
    """Return a command of unbound-control(8) that reads lines."""
    return "\n".join([f"{command} <<'END'", *lines, "END"])


def _private() -> ipaddress.IPv4Network:
    """Return a /24 of private addresses (RFC 1918) by chance."""
    return ipaddress.ip_network((int(_PRIVATE.network_address) + secrets.randbelow(2**14) * 256, 24))


def _unique_local() -> str:
    """Return an IPv6 network that no other world has (RFC 4193, 3.2.1)."""
    return str(ipaddress.IPv6Network((0xFD << 120 | secrets.randbits(56) << 64, 64)))
