"""Publishes records by signed updates (RFC 2136, RFC 8945) at the DNS server of MAIL_DNS_SERVER, by dnspython."""

import functools
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdatatype
import dns.tsig
import dns.update

from ..settings import Settings
from . import asking, ledger
from .ledger import Entry
from .plan import BESIDE_ALIAS, Found, Plan, entry_of
from .record import Record, is_below
from .txt import in_zone

_PATIENCE = 10  # seconds
_WHY = {
    dns.rcode.NOTAUTH: "is not responsible for the zone, or does not know the key MAIL_DNS_TSIG_NAME",
    dns.rcode.REFUSED: "refuses the update: the key MAIL_DNS_TSIG_NAME may not change these names there",
    dns.rcode.NOTZONE: "says that a name is not in the zone",
}
_NO_KEY = {
    dns.tsig.PeerBadKey: "does not know the key MAIL_DNS_TSIG_NAME",
    dns.tsig.PeerBadSignature: "has another secret for the key MAIL_DNS_TSIG_NAME than MAIL_DNS_TSIG_SECRET",
    dns.tsig.PeerBadTime: "has another time than this machine; one of the clocks is wrong",
}


class Refused(Exception):
    """Why nothing could be published, in a sentence."""


class Primary:
    """The DNS server that takes updates, and the key that signs them."""

    def __init__(self, settings: Settings) -> None:
        if settings.dns_server is None:
            raise Refused(
                "MAIL_DNS_SERVER is not set: the address of the DNS server that takes signed updates of your zones (RFC 2136). "
                "Example: MAIL_DNS_SERVER=192.0.2.53"
            )
        self.address = settings.dns_server
        self._key = _key(settings)
        self.zone_of = functools.cache(self._zone_of)

    def _zone_of(self, name: str) -> str | None:
        """Return the zone of this server that a name is in, without the dot at its end; None where it has none.

        Refused where it does not answer, or not to the key.
        """
        try:
            response = asking.asked(self.address, dns.message.make_query(name, "SOA", flags=0), self._key)
        except dns.tsig.PeerError as error:
            raise Refused(f"the DNS server {self.address} {_NO_KEY.get(type(error), _said(error))}") from None
        if response is None:
            raise Refused(f"the DNS server {self.address} does not answer")
        for one in [*response.answer, *response.authority]:
            if one.rdtype == dns.rdatatype.SOA and dns.name.from_text(name).is_subdomain(one.name) and one.name != dns.name.root:
                return one.name.to_text(omit_final_dot=True).lower()
        return None

    def found(self, places: Sequence[tuple[str, str]]) -> Found:
        """Return what is at each (name, type); Refused where the server does not answer."""
        answers = {place: asking.answer(self.address, *place, key=self._key) for place in dict.fromkeys(places)}
        for (name, kind), values in answers.items():
            if values is None:
                raise Refused(f"the DNS server {self.address} does not answer for {kind} of {name}")
        return {place: values or () for place, values in answers.items()}

    def carry_out(self, zone: str, add: Sequence[Record], remove: Sequence[Entry]) -> None:
        """Change a zone, all of it or nothing; Refused where the server will not."""
        update = dns.update.UpdateMessage(zone)
        for one in remove:
            update.delete(dns.name.from_text(one.name), one.type, in_zone(one.type, one.value))
        for one in add:
            update.add(dns.name.from_text(one.name), one.ttl, one.type, in_zone(one.type, one.value))
        if self._key is not None:
            update.use_tsig(self._key)
        try:
            rcode = dns.query.tcp(update, self.address, timeout=_PATIENCE).rcode()
        except (dns.exception.DNSException, OSError) as error:
            raise Refused(f"the DNS server {self.address} cannot be asked to change {zone}: {_said(error)}") from None
        if rcode != dns.rcode.NOERROR:
            why = _WHY.get(rcode, f"answers {dns.rcode.to_text(rcode)}")
            raise Refused(f"{zone} is not changed: the DNS server {self.address} {why}")


def _key(settings: Settings) -> dns.tsig.Key | None:
    if settings.dns_tsig_secret is None:
        return None
    return dns.tsig.Key(settings.dns_tsig_name, str(settings.dns_tsig_secret), settings.dns_tsig_algorithm)


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__


def places(wanted: Sequence[Record], ours: frozenset[Entry]) -> Sequence[tuple[str, str]]:
    """Return each (name, type) that a plan must know of."""
    aliases = [(one.name, kind) for one in wanted if one.type == "CNAME" for kind in BESIDE_ALIAS]
    return [*((one.name, one.type) for one in wanted), *aliases, *((one.name, one.type) for one in ours)]


def concerned(primary: Primary, ours: frozenset[Entry], only: str | None) -> frozenset[Entry]:
    """Return those of our entries that are in a domain (None: in any), and in a zone of this server."""
    here = (one for one in ours if only is None or is_below(one.name, only))
    return frozenset(one for one in here if primary.zone_of(one.name))


def publish(primary: Primary, made: Plan) -> Iterator[str]:
    """Carry out a plan zone by zone, and remember what is ours after each; yield each zone that is changed."""
    # What is there exactly as it would be put there counts as put there.
    ledger.keep(ledger.read() | made.kept)
    for zone, changes in _by_zone(primary, made).items():
        add = [one for one in changes if isinstance(one, Record)]
        remove = [one for one in changes if isinstance(one, Entry)]
        primary.carry_out(zone, add, remove)
        ledger.keep((ledger.read() | {entry_of(one) for one in add}) - set(remove))
        yield zone


def _by_zone(primary: Primary, made: Plan) -> Mapping[str, Sequence[Record | Entry]]:
    def zone(one: Record | Entry) -> str:
        return zones[one.name]

    changes: list[Record | Entry] = [*made.remove, *made.add]
    zones = {one.name: str(primary.zone_of(one.name)) for one in changes}
    return {name: list(some) for name, some in groupby(sorted(changes, key=zone), key=zone)}
