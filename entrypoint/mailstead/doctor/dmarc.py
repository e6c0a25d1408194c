"""DMARC (RFC 7489): what the record of a domain says."""

from collections.abc import Sequence

from ..dns.txt import tags
from .checks import Verdict, fail, passed, warn

_POLICIES = ("none", "quarantine", "reject")


def judged(domain: str, texts: Sequence[str], postmaster: str) -> Verdict:
    """Return what the TXT records of _dmarc.<domain> mean."""
    found = [one for one in texts if one.lower().replace(" ", "").startswith("v=dmarc1")]
    put = f'put into the DNS: _dmarc.{domain}. TXT "v=DMARC1; p=quarantine; rua=mailto:{postmaster}"'
    if not found:
        return fail("there is no DMARC record: large receivers ask for one, and anybody can forge your address", put, of=domain)
    if len(found) > 1:
        return fail(f"there are {len(found)} DMARC records, which count as none (RFC 7489, 6.6.3)", put, of=domain)
    policy = tags(found[0]).get("p", "").lower()
    if policy not in _POLICIES:
        return fail(f"{found[0]}: its policy (p=) is not one of {', '.join(_POLICIES)}", put, of=domain)
    if policy == "none":
        return warn(f"{found[0]}: p=none lets forged mail in your name through", put, of=domain)
    return passed(found[0], of=domain)
