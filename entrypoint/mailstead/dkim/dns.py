"""What the DNS says of our keys, by this container's own resolver. This module needs dnspython."""

from collections.abc import Sequence

import dns.exception
import dns.resolver

from ..dns.asking import resolver

RESOLVER = "127.0.0.1"
_LONGEST = 10.0  # seconds for an answer


def texts(name: str) -> Sequence[str] | None:
    """Return the TXT records of a name, each as one text (RFC 6376, 3.6.2.2); none where it has none; None for no answer."""
    try:
        answer = resolver(RESOLVER, _LONGEST).resolve(f"{name}.", "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except dns.exception.DNSException:
        return None
    return [b"".join(record.strings).decode("ascii", "replace") for record in answer]
