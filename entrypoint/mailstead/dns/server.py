"""The records of the server's own name: where it is, who it is, and which certificates are its own."""

from collections.abc import Iterator
from ipaddress import ip_address

from .facts import Facts
from .record import RECOMMENDED, REQUIRED, Record, is_below

_UNKNOWN_REVERSE = "in-addr.arpa"
_PTR_REASON = (
    "Large receivers refuse servers whose address does not lead back to their name; whoever gave you the address sets this, "
    "not your DNS host."
)


def records(facts: Facts) -> Iterator[Record]:
    """Yield the records of the server's name."""
    yield from _addresses(facts)
    yield from _reverse(facts)
    yield from _identity(facts)
    yield from _tlsa(facts)
    yield from _caa(facts)


def _addresses(facts: Facts) -> Iterator[Record]:
    reason = "Other servers and your mail programs find this server by its name."
    if not facts.addresses:
        yield Record(name=facts.hostname, type="A", value=None, level=REQUIRED, reason=reason)
    for address in facts.addresses:
        kind = "A" if ip_address(address).version == 4 else "AAAA"
        yield Record(name=facts.hostname, type=kind, value=address, level=REQUIRED, reason=reason)


def _reverse(facts: Facts) -> Iterator[Record]:
    for name in [ip_address(one).reverse_pointer for one in facts.addresses] or [_UNKNOWN_REVERSE]:
        yield Record(name=name, type="PTR", value=f"{facts.hostname}.", level=REQUIRED, reason=_PTR_REASON)


def _identity(facts: Facts) -> Iterator[Record]:
    names = {one.name for one in facts.domains}
    if facts.hostname not in names:
        yield Record(
            name=facts.hostname,
            type="TXT",
            value="v=spf1 a -all",
            level=RECOMMENDED,
            reason="SPF of the name this server greets with: bounces are checked by it, and nobody else may greet so.",
        )
    if not any(is_below(facts.hostname, name) for name in names):
        yield Record(
            name=f"_dmarc.{facts.hostname}",
            type="TXT",
            value="v=DMARC1; p=reject",
            level=RECOMMENDED,
            reason="Nobody else may write as this name, which is in none of your domains and so under none of their policies.",
        )


def _tlsa(facts: Facts) -> Iterator[Record]:
    reasons = (
        "DANE: servers that send to you accept no other key, so nobody in between can listen; counts only in a signed zone.",
        "DANE: the key prepared for the next certificate; it must be there a day before `mailstead cert rotate --now`.",
    )
    for digest, reason in zip(facts.digests, reasons, strict=False):
        name = f"_25._tcp.{facts.hostname}"
        yield Record(name=name, type="TLSA", value=f"3 1 1 {digest}", level=RECOMMENDED, reason=reason)


def _caa(facts: Facts) -> Iterator[Record]:
    if not facts.issuer:
        return
    account = f"; accounturi={facts.account}" if facts.account else ""
    yield Record(
        name=facts.hostname,
        type="CAA",
        value=f'0 issue "{facts.issuer}{account}"',
        level=RECOMMENDED,
        reason="Only this CA, and only for your account there, may issue certificates for this server (RFC 8659, RFC 8657).",
    )
