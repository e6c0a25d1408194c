"""Every record this server needs, and what must be said about all of them together. Pure."""

from collections.abc import Iterator, Sequence

from . import domain, server
from .facts import Facts
from .record import Record, is_below


def records(facts: Facts, only: str | None = None) -> Sequence[Record]:
    """Return the records of the server's name and of all domains, or those whose names are in one domain."""
    found = list(_all(facts))
    if only is None:
        return found
    # The address of the server leads back to its name, wherever that is registered.
    return [one for one in found if is_below(one.name, only) or (one.type == "PTR" and is_below(facts.hostname, only))]


def _all(facts: Facts) -> Iterator[Record]:
    yield from server.records(facts)
    for one in facts.domains:
        of = domain.silent if one.name in facts.silent else domain.records
        # A name is no alias of itself.
        yield from (found for found in of(facts, one.name) if (found.name, found.type) != (facts.hostname, "CNAME"))


def zone_of(name: str, facts: Facts) -> str:
    """Return the zone a name is likely in: the shortest of our domains it is in, else all of it after the first dot.

    Where the zones really end only the DNS knows (asking.py).
    """
    above = [one.name for one in facts.domains if is_below(name, one.name)]
    return min(above, key=len) if above else name.partition(".")[2]


def notes(facts: Facts) -> Sequence[str]:
    """Return what an owner must know beside the records: what is assumed, what they cannot say, what is missing."""
    return list(_notes(facts))


def _notes(facts: Facts) -> Iterator[str]:
    if not facts.addresses:
        yield (
            f"The DNS has no public address for {facts.hostname} yet, and a container cannot see its own: put your "
            "public address in its A record, or into MAIL_PUBLIC_ADDRESS, then run this again."
        )
    elif not facts.settings.public_address:
        yield (
            f"Assumed: {' and '.join(facts.addresses)} is this server, since the DNS has it for {facts.hostname}. If it is not, "
            "set MAIL_PUBLIC_ADDRESS."
        )
    if facts.settings.relay_host and not facts.settings.spf_include:
        yield (
            f"Mail leaves by {facts.settings.relay_host}, and the SPF records above do not allow that yet: its manual says what "
            'to include ("include:spf.example.com"). Put that name into MAIL_SPF_INCLUDE, then run this again.'
        )
    unsigned = [one.name for one in facts.domains if one.name not in facts.silent and not facts.keys.get(one.name)]
    if unsigned:
        yield f"There is no DKIM key yet for {' '.join(unsigned)}; when there is, its record belongs here."
    yield from _on_encryption(facts)


def _on_encryption(facts: Facts) -> Iterator[str]:
    if facts.digests:
        yield "TLSA records count only in a zone that is signed (DNSSEC): switch that on at your DNS host, if it has it."
    if not facts.has_web or not facts.is_trusted:
        yield "Records that wait for something do no harm before it is there, and no good; --publish leaves them out."
