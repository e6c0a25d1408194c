"""Where a client may come from, as Docker lets a stack see it."""

import functools
import socket

from support.clients import HERE
from support.stack import SENDING, Stack
from support.wait import wait_until

LOOPBACKS = {"loopback": HERE, "loopback by IPv6": "::1"}
ADDRESSES = {"gateway": "IPAddress", "gateway by IPv6": "GlobalIPv6Address"}
NEIGHBOURS = {"neighbour": "IPAddress", "neighbour by IPv6": "GlobalIPv6Address"}
ORIGINS = [*LOOPBACKS, *ADDRESSES, *NEIGHBOURS]
"""By the published port (which Docker's proxy turns into the gateway); the gateway itself; a container beside ours."""


def doors(stack: Stack, origin: str) -> dict[str, tuple[str, int]]:
    """Return where to connect to so that a stack sees a client from `origin`: host and port for each port of SENDING."""
    if origin in LOOPBACKS:
        return {name: (LOOPBACKS[origin], stack.ports[name]) for name in SENDING}
    if origin in ADDRESSES:
        host = stack.world.address(stack.container("mail"), ADDRESSES[origin])
    else:
        host = _neighbour(stack, NEIGHBOURS[origin])
    return {name: (host, number) for name, number in SENDING.items()}


@functools.cache
def _neighbour(stack: Stack, kind: str) -> str:
    """Start a container in the stack's network that hands on what connects to it; return its address."""
    ours = stack.world.address(stack.container("mail"), kind)
    to = f"TCP{6 if ':' in ours else 4}:{f'[{ours}]' if ':' in ours else ours}"
    handing_on = " & ".join(f"socat TCP-LISTEN:{port},fork,reuseaddr {to}:{port}" for port in SENDING.values())
    container = stack.world.start(f"neighbour-{kind.lower()}", ["sh", "-c", f"{handing_on} & wait"])
    here = stack.world.address(container)
    for port in SENDING.values():
        wait_until(lambda port=port: _listens(here, port), what=f"the neighbour to listen on {port}")
    return here


def _listens(host: str, port: int) -> bool:
    try:
        socket.create_connection((host, port), timeout=5).close()
    except OSError:
        return False
    return True
