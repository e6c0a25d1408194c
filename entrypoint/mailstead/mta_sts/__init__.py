"""MTA-STS on the way out (RFC 8461): what a domain promises about the encryption of its mail servers, and holding it to that.

    python3 -I -m mailstead.mta_sts CACHE CA_FILE

Postfix's spawn(8) runs it while mail goes out, so that it takes no memory while none does. A domain that lets itself be
reached by DANE is reached by DANE, since a policy must not get round it (RFC 8461, 2). Debian's postfix-mta-sts-resolver
would let it, and stays in memory; it is not used for both reasons.

A domain that once promised something is held to it for as long as it said, whatever is away meanwhile. What cannot be
fetched and was never known is no policy (RFC 8461, 3.3 and 5.1).
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Protocol

from .cache import Cache, Entry
from .policy import Policy, PolicyError, read

NOTHING = "NOTFOUND "
PATIENCE = 300
"""Seconds until a policy that could not be fetched is asked for again (RFC 8461, 3.3)."""


class Records(Protocol):
    """What the DNS says of a domain."""

    def policy_id(self, domain: str) -> str | None:
        """Return the id of its policy; None if it has none, or the DNS is away."""

    def has_dane(self, domain: str) -> bool:
        """Whether DANE decides for it."""


def answer(domain: str, records: Records, cache: Cache, fetch: Callable[[str], str], now: float) -> str:
    """Return what socketmap_table(5) is told for a domain (`now` in seconds of the epoch): a TLS policy, or NOTHING."""
    policy = _policy(domain, records, cache, fetch, now)
    if not policy or policy.mode != "enforce":
        return NOTHING
    if records.has_dane(domain):
        # Not to those of its servers that have no TLSA record: they would be trusted for nothing.
        return "OK dane-only"
    return f"OK {_rule(domain, policy)}"


def _rule(domain: str, policy: Policy) -> str:
    # With its last attributes Postfix goes to no server that the policy does not name, and wants a certificate with that
    # server's own name (smtp_tls_enforce_sts_mx_patterns).
    named = " ".join(f"mx_host_pattern={name}" for name in policy.mx)
    return f"secure match={':'.join(policy.patterns)} servername=hostname policy_type=sts policy_domain={domain} {named}"


def _policy(domain: str, records: Records, cache: Cache, fetch: Callable[[str], str], now: float) -> Policy | None:
    known, offered = cache.get(domain), records.policy_id(domain)
    if offered and _is_due(known, offered, now):
        known = _fetched(domain, offered, known, fetch, now)
        with suppress(OSError):  # a full disk: what is promised is known, if not for long
            cache.put(domain, known)
    held = known and known.text and read(known.text)
    return held if held and now < known.fetched + held.max_age else None


def _is_due(known: Entry | None, offered: str, now: float) -> bool:
    if known is None:
        return True
    if now < known.tried + PATIENCE:
        return False
    if known.id != offered or not known.text:
        return True
    # Half of its life over: fetched anew, so that a server that is away for a while costs nothing.
    return now > known.fetched + read(known.text).max_age / 2


def _fetched(domain: str, offered: str, known: Entry | None, fetch: Callable[[str], str], now: float) -> Entry:
    try:
        text = fetch(domain)
        read(text)
        return Entry(id=offered, text=text, fetched=now, tried=now)
    except (OSError, PolicyError):
        held = known or Entry()
        return Entry(id=held.id, text=held.text, fetched=held.fetched, tried=now)
