"""What this container can see of the networks it is in, and what that means for whom the owner trusts."""

import ipaddress
import socket
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from .directory import ldap
from .settings import Settings

ROUTES = Path("/proc/net/route")


def gateways(routes: str) -> Sequence[ipaddress.IPv4Address]:
    """Return the gateways in a text of the form of /proc/net/route (addresses in hexadecimal, host byte order, proc(5))."""
    rows = [line.split() for line in routes.splitlines()[1:]]
    raw = (int(row[2], 16) for row in rows if int(row[2], 16))
    return [ipaddress.IPv4Address(socket.inet_ntoa(struct.pack("=I", value))) for value in raw]


def warnings(settings: Settings, routes: Path = ROUTES) -> Iterator[str]:
    """Yield a sentence for each thing the owner should know of the networks he uses."""
    yield from _behind_gateways(settings, routes)
    where = ldap.server(settings)
    if where and where.uri.startswith("ldap://") and not where.starttls and not _is_near(where.host):
        yield (
            f"MAIL_LDAP_STARTTLS=no: everybody's password goes to {where.host} in clear, to be read by whoever is on the way. "
            "Let it be yes, or use an ldaps:// URL."
        )


def _is_near(host: str) -> bool:
    """Whether a host is this one, or in a network of the owner's own by its address or its one-word name, as Docker's are."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host


def _behind_gateways(settings: Settings, routes: Path) -> Iterator[str]:
    """Yield a sentence for each trusted network that holds Docker's gateway, behind which strangers may stand."""
    if not settings.trusted_networks or not routes.exists():
        return
    for gateway in gateways(routes.read_text(encoding="ascii")):
        for network in settings.trusted_networks:
            if gateway in network:
                yield (
                    f"MAIL_TRUSTED_NETWORKS={network} holds {gateway}, Docker's gateway. Docker hands on strangers (IPv6, "
                    "loopback) under this address: they could send mail to anywhere through this server (an open relay)."
                )
