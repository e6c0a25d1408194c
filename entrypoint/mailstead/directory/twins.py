"""The other addresses of an address: those in the domains that are aliases of its own. Pure."""

from collections.abc import Mapping

from .snapshot import Snapshot

Twins = Mapping[str, tuple[str, ...]]
"""A domain to the domains that are its aliases."""


def twins(snapshot: Snapshot) -> Twins:
    """Return which domains have aliases, and which."""
    found: dict[str, tuple[str, ...]] = {}
    for domain in snapshot.domains:
        if domain.alias_of:
            found[domain.alias_of] = (*found.get(domain.alias_of, ()), domain.name)
    return found


def others(address: str, known: Twins) -> list[str]:
    """Return the same address in each domain that is an alias of its own."""
    local, _, domain = address.rpartition("@")
    return [f"{local}@{twin}" for twin in known.get(domain, ())] if known else []


def all_of(address: str, known: Twins) -> list[str]:
    """Return an address and its twins."""
    return [address, *others(address, known)]
