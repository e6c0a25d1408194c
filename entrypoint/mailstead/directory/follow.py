"""Where aliases and groups lead."""

from collections.abc import Iterator, Sequence
from typing import Protocol


class Links(Protocol):
    """An address to where its mail goes on to: a dict will do, or what asks a database."""

    def get(self, address: str, default: Sequence[str] = ()) -> Sequence[str]:
        """Return the targets of an address."""


def mailbox(target: str) -> str:
    """Return a target in lower case and without its +detail: the address as the directory has it."""
    local, _, domain = target.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def reached(links: Links, start: str) -> Iterator[str]:
    """Yield each address that mail for `start` comes to or passes through, once, nearest first; `start` only if it loops."""
    waiting, seen = list(links.get(start, ())), set()
    while waiting:
        address = mailbox(waiting.pop(0))
        if address not in seen:
            seen.add(address)
            yield address
            waiting += links.get(address, ())
