"""Which names a CA could find here: asking for others would fail the whole order, and count against its rate limit."""

import socket
import time
from collections.abc import Callable, Sequence, Set

from .failed import Failed

_NOT_THERE = (socket.EAI_NONAME, socket.EAI_NODATA)
_TRIES, _NAP = 10, 2  # seconds; after a start our own resolver needs a moment


def addresses(name: str) -> Set[str] | None:
    """Return the addresses DNS has for a name, an empty set where it does not exist; None where there is no answer."""
    try:
        return {found[4][0] for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except socket.gaierror as error:
        return set() if error.errno in _NOT_THERE else None


def here(names: Sequence[str], *, needed: bool, resolve: Callable[[str], Set[str] | None] = addresses) -> Sequence[str]:
    """Return the first of `names`, the server's own, and those of the rest that lead to an address of its.

    Failed where the first has no address and one is `needed`: the CA will come to it.
    """
    own = _patiently(names[0], resolve)
    if needed and own is None:
        raise Failed(f"the DNS does not answer for {names[0]}")
    if needed and not own:
        raise Failed(f"{names[0]} has no address in the DNS, so the CA cannot find it")
    return [names[0], *(name for name in names[1:] if (own or set()) & (resolve(name) or set()))]


def _patiently(name: str, resolve: Callable[[str], Set[str] | None]) -> Set[str] | None:
    for _ in range(_TRIES):
        found = resolve(name)
        if found is not None:
            return found
        time.sleep(_NAP)
    return None
