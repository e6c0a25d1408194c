"""What this container can see of the networks it is in, and what that means for whom the owner trusts."""

import ipaddress
import socket
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

from .settings import Settings

ROUTES = Path("/proc/net/route")


def gateways(routes: str) -> Sequence[ipaddress.IPv4Address]:
    """Return the gateways in a text of the form of /proc/net/route (addresses in hexadecimal, host byte order, proc(5))."""
    rows = [line.split() for line in routes.splitlines()[1:]]
    raw = (int(row[2], 16) for row in rows if int(row[2], 16))
    return [ipaddress.IPv4Address(socket.inet_ntoa(struct.pack("=I", value))) for value in raw]


def warnings(settings: Settings, routes: Path = ROUTES) -> Iterator[str]:
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
