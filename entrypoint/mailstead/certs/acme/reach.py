"""Which names a CA could find here: asking for others would fail the whole order, and count against its rate limit."""

import socket
from collections.abc import Callable, Sequence, Set

_NOT_THERE = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))


class DnsSilent(Exception):
    """The DNS gave no answer at all: nothing can be said of the name in `str`."""


def addresses(name: str) -> Set[str]:
    """Return the addresses DNS has for a name, none where it does not exist; DnsSilent where there is no answer."""
    try:
        return {found[4][0] for found in socket.getaddrinfo(name, None, type=socket.SOCK_STREAM)}
    except UnicodeError:
        return set()
    except socket.gaierror as error:
        if error.errno in _NOT_THERE:
            return set()
        raise DnsSilent(name) from None


def here(names: Sequence[str], resolve: Callable[[str], Set[str]] = addresses) -> Sequence[str]:
    """Return the first of `names`, the server's own, and those of the rest that lead to an address of its."""
    own = resolve(names[0])
    return [names[0], *(name for name in names[1:] if own & _or_none(name, resolve))]


def _or_none(name: str, resolve: Callable[[str], Set[str]]) -> Set[str]:
    try:
        return resolve(name)
    except DnsSilent:
        return set()
