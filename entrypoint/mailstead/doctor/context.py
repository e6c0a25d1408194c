"""What every check is given: the settings, whom to ask, and what several of them need to know."""

import ipaddress
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from .. import directory, network
from ..directory import DirectoryError
from ..settings import Settings
from .checks import Untestable
from .lookup import Lookup

INTERFACES = Path("/proc/net/if_inet6")
HERE = "127.0.0.1"
_LONGEST = 10  # seconds for a program that answers at once

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, kw_only=True)
class Context:
    """`environ` is the container's own, `resolver` the DNS server that is asked: this container's, or one that was named."""

    settings: Settings
    environ: Mapping[str, str] = field(default_factory=dict, repr=False)
    resolver: str = HERE
    offline: bool = False

    @cached_property
    def lookup(self) -> Lookup:
        """The DNS."""
        return Lookup(self.resolver)

    @cached_property
    def addresses(self) -> Sequence[Address]:
        """Where the world finds this server: MAIL_PUBLIC_ADDRESS, or else the A and AAAA records of its name. Untestable where
        there are none, or the DNS does not answer.
        """
        if self.settings.public_address:
            return [ipaddress.ip_address(one) for one in self.settings.public_address]
        if self.offline:
            raise Untestable("where the world finds this server is in the DNS, which --offline does not ask")
        found = [one for kind in ("A", "AAAA") for one in self.lookup.records(self.settings.hostname, kind)]
        if not found:
            raise Untestable(f"{self.settings.hostname} has no address in the DNS")
        return [ipaddress.ip_address(one) for one in found]

    @cached_property
    def public(self) -> Sequence[Address]:
        """Those of the addresses that the world can reach. Untestable where the DNS has only addresses of a network at home."""
        found = [one for one in self.addresses if one.is_global]
        if not found:
            at_home = ", ".join(map(str, self.addresses))
            raise Untestable(f"the DNS has but {at_home}, of a network at home; say the public address by MAIL_PUBLIC_ADDRESS")
        return found

    @cached_property
    def domains(self) -> Sequence[str]:
        """The domains that take mail, in alphabetical order."""
        from ..directory import change, snapshot

        try:
            with change.reading(directory.at(self.settings)) as connection:
                found = snapshot.domains(connection)
        except DirectoryError as error:
            raise Untestable(str(error)) from error
        silent = snapshot.silent(found)
        return [one.name for one in found if one.name not in silent]

    @cached_property
    def postfix(self) -> Mapping[str, str]:
        """Postfix's parameters as they are in force, `$name` put in (postconf(1) -x)."""
        lines = ran("postconf", "-x").splitlines()
        return {name: value for name, _, value in (line.partition(" = ") for line in lines)}

    @cached_property
    def gateways(self) -> Sequence[Address]:
        """The gateways of this container: Docker's, behind which clients of its proxy stand."""
        return network.gateways(network.ROUTES.read_text(encoding="ascii")) if network.ROUTES.exists() else []

    @cached_property
    def own_addresses(self) -> Sequence[Address]:
        """The addresses of this container itself, loopback apart."""
        return [*own_ipv4(Path("/proc/net/fib_trie")), *own_ipv6(INTERFACES)]


def own_ipv4(trie: Path) -> Sequence[ipaddress.IPv4Address]:
    """Return the addresses that are local (`host LOCAL`) by a file of the form of /proc/net/fib_trie, loopback apart."""
    text = trie.read_text(encoding="ascii") if trie.exists() else ""
    found = re.findall(r"\|-- ([0-9.]+)\n\s+/32 host LOCAL", text)
    return sorted({one for one in map(ipaddress.IPv4Address, found) if not one.is_loopback})


def own_ipv6(interfaces: Path) -> Sequence[ipaddress.IPv6Address]:
    """Return the addresses that reach beyond a link by a file of the form of /proc/net/if_inet6 (proc(5)), loopback apart."""
    rows = [line.split() for line in interfaces.read_text(encoding="ascii").splitlines()] if interfaces.exists() else []
    found = (ipaddress.IPv6Address(int(row[0], 16)) for row in rows)
    return [one for one in found if not one.is_loopback and not one.is_link_local]


def ran(*command: str, within: float = _LONGEST) -> str:
    """Return what a program prints; Untestable with its words where it is refused, or takes too long."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=within, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Untestable(f"{command[0]} cannot be run: {error}") from error
    if done.returncode:
        raise Untestable(f"{command[0]} says: {' '.join((done.stderr or done.stdout).split())}")
    return done.stdout
