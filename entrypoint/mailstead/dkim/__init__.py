"""The keys by which other servers know that mail is ours (DKIM, RFC 6376; Ed25519: RFC 8463). Standard library alone.

    make -> Store -> signing

make.py makes the keys of a new domain, rotation.py changes them, signing.py hands them to whoever signs. What is asked here
is read from the notes in the state volume, and from nothing else: neither the directory nor the DNS is needed.
"""

from collections.abc import Sequence

from .store import Key, Store

__all__ = ["Key", "Store", "keys"]


def keys(domain: str) -> Sequence[Key]:
    """Return the keys of a domain whose records belong into the DNS; none where it has none."""
    return Store().keys(domain)
