"""MTA-STS (RFC 8461): the policy other servers read over HTTPS, and its id in the DNS, which changes when the policy does."""

import hashlib

_WEEK = 7 * 86400


def policy(hostname: str) -> str:
    """Return what to serve at https://mta-sts.<domain>/.well-known/mta-sts.txt where mail comes to `hostname`."""
    return f"version: STSv1\r\nmode: enforce\r\nmx: {hostname}\r\nmax_age: {_WEEK}\r\n"


def identity(hostname: str) -> str:
    """Return the id of its policy: up to 32 letters and digits (RFC 8461, 3.1)."""
    return hashlib.sha256(policy(hostname).encode("ascii")).hexdigest()[:32]
