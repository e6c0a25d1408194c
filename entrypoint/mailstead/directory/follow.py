"""Where aliases lead."""

from collections.abc import Iterator, Mapping, Sequence

Links = Mapping[str, Sequence[str]]
"""The address of an alias to its targets."""


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
