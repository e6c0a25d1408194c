"""Which TCP ports of some addresses can be connected to: scan.py '[["192.0.2.1", 25], ...]', or [ADDRESS, 0] for all 65535.

Prints a JSON list of [address, port]. What is neither taken nor refused within a second counts as closed.
"""

import errno
import json
import resource
import select
import socket
import sys
from itertools import batched

_MOST, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
_AT_ONCE = min(_MOST - 64, 8192)
_PATIENCE = 1.0


def connecting(address: str, port: int) -> socket.socket:
    """Return a socket on its way to an address; OSError where there is no way at all."""
    one = socket.socket()
    one.setblocking(False)
    answer = one.connect_ex((address, port))
    if answer not in (0, errno.EINPROGRESS):
        one.close()
        raise OSError(answer, "no way")
    return one


def opened(targets: tuple[tuple[str, int], ...]) -> list[tuple[str, int]]:
    """Return which of the targets take a connection."""
    poll, waiting = select.epoll(), {}
    for target in targets:
        try:
            one = connecting(*target)
        except OSError:
            continue
        waiting[one.fileno()] = one, target
        poll.register(one, select.EPOLLOUT)
    found = []
    while waiting and (events := poll.poll(_PATIENCE)):
        for number, _ in events:
            one, target = waiting.pop(number)
            if one.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0:
                found.append(target)
            one.close()
    for one, _ in waiting.values():
        one.close()
    return found


wanted = [(address, one) for address, port in json.loads(sys.argv[1]) for one in ([port] if port else range(1, 65536))]
print(json.dumps([target for some in batched(wanted, _AT_ONCE) for target in opened(some)]))
