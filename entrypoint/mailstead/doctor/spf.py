"""SPF (RFC 7208): what the record of a domain says about this server's addresses."""

from collections.abc import Callable, Sequence
from typing import Any

from .checks import Verdict, fail, passed, skipped, warn
from .context import Address

WANTED = "v=spf1 mx ~all"
_ALL = ("+all", "all")

Ask = Callable[[Address], tuple[str, str]]
"""An address to the result for it (pass, fail, softfail, neutral, none, permerror, temperror) and its words."""


def judged(domain: str, texts: Sequence[str], addresses: Sequence[Address], ask: Ask) -> Verdict:
    """Return what the TXT records of a domain mean for mail from these addresses."""
    found = [one for one in texts if one.lower().split(" ")[0] == "v=spf1"]
    put = f"put into the DNS of {domain}, as its only SPF record: {domain}. TXT \"{WANTED}\""
    if not found:
        return fail("there is no SPF record: large receivers take this for spam", put, of=domain)
    if len(found) > 1:
        return fail(f"there are {len(found)} SPF records, which count as none (RFC 7208, 4.5)", put, of=domain)
    words = found[0].lower().split()
    if any(one in words for one in _ALL):
        return fail(f"{found[0]}: everybody in the world may send for {domain}", put, of=domain)
    if not addresses:
        return skipped(f"{found[0]}: not evaluated, since nobody knows where this server is", of=domain)
    refused = [(one, *ask(one)) for one in addresses]
    wrong = [f"{result} for {one} ({said})" for one, result, said in refused if result != "pass"]
    if wrong:
        return fail(f"{found[0]}: {'; '.join(wrong)}", put, of=domain)
    if not any(one in ("~all", "-all") or one.startswith("redirect=") for one in words):
        return warn(f"{found[0]}: it does not say that others may not send", put, of=domain)
    return passed(found[0], of=domain)


def asking(resolver: Any, sender: str, helo: str) -> Ask:
    """Return what evaluates SPF by pyspf (https://pypi.org/project/pyspf/) for a sender, with dnspython's `resolver`."""
    import dns.resolver
    import spf

    # pyspf asks dnspython's default resolver, and knows no other way.
    dns.resolver.default_resolver = resolver

    def ask(address: Address) -> tuple[str, str]:
        return spf.check2(str(address), sender, helo, timeout=5, querytime=15)

    return ask
