"""Asks the DNS servers that are responsible for a name, each of them and none that remembers, by dnspython.

https://dnspython.readthedocs.io
"""

import functools
from collections.abc import Mapping, Sequence

import dns.exception
import dns.message
import dns.name
import dns.query
import dns.rcode
import dns.rdata
import dns.rdatatype
import dns.resolver
import dns.tsig

_PATIENCE = 3  # seconds for one answer
_TRIES = 2
LONGEST = 5.0
"""Seconds for what the resolver has to find out."""
_UDP = 1232  # bytes, as agreed on the DNS flag day of 2020
_FOLLOWED = ("TXT", "PTR")  # RFC 2317 makes aliases of the reverse names of small networks

Answer = Sequence[str] | None
"""The values a server has, in the form of Record.value; None where it does not answer."""


class Authorities:
    """The servers that are responsible for names; `resolver` is the one to ask who they are, by default the container's own."""

    def __init__(self, address: str | None = None) -> None:
        self._resolver = resolver(address)
        self._silent: set[tuple[str, dns.name.Name]] = set()
        self._is_deaf = False
        self._servers = functools.cache(self._find_servers)
        self._zone = functools.cache(self._find_zone)

    def ask(self, name: str, kind: str) -> Mapping[str, Answer]:
        """Return what each server says of a name: server name to values. Nothing where no server can be found.

        A name that is another's alias is followed for TXT and PTR; elsewhere the values are then `CNAME <other name>`.
        """
        return {server: self._asked(server, address, name, kind) for server, address in self._responsible(name).items()}

    def is_signed(self, name: str) -> bool | None:
        """Whether the zone of a name has a signed delegation (DNSSEC); None where nobody answers."""
        try:
            self._resolver.resolve(self._zone(name), "DS", search=False)
            return True
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return False
        except (dns.exception.DNSException, OSError):
            return None

    def _responsible(self, name: str) -> Mapping[str, str | None]:
        if self._is_deaf:
            return {}
        try:
            return self._servers(self._zone(name))
        except dns.resolver.LifetimeTimeout:
            # Asked no more: nobody shall wait as long for every name.
            self._is_deaf = True
        except (dns.exception.DNSException, OSError):
            pass
        return {}

    def _find_zone(self, name: str) -> dns.name.Name:
        return dns.resolver.zone_for_name(name, resolver=self._resolver)

    def _find_servers(self, zone: dns.name.Name) -> Mapping[str, str | None]:
        """Return the name servers of a zone and an address of each; None for one that has none."""
        found = self._resolver.resolve(zone, "NS", search=False)
        return {one.target.to_text(omit_final_dot=True).lower(): self._address(one.target) for one in found}

    def _address(self, server: dns.name.Name) -> str | None:
        for kind in ("A", "AAAA"):
            try:
                return str(self._resolver.resolve(server, kind, search=False)[0])
            except (dns.exception.DNSException, OSError):
                continue
        return None

    def _asked(self, server: str, address: str | None, name: str, kind: str) -> Answer:
        if address is None or (server, self._zone(name)) in self._silent:
            return None
        found = answer(address, name, kind)
        if found is None:
            # Asked no more: a server that is away would make everybody wait for each record.
            self._silent.add((server, self._zone(name)))
        return self._followed(found, kind) if found and kind in _FOLLOWED else found

    def _followed(self, values: Sequence[str], kind: str) -> Answer:
        target = values[0].removeprefix("CNAME ")
        if target == values[0]:
            return values
        try:
            return [shown(one) for one in self._resolver.resolve(target, kind, search=False)]
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN):
            return []
        except (dns.exception.DNSException, OSError):
            return None


def resolver(address: str | None, longest: float = LONGEST) -> dns.resolver.Resolver:
    """Return what asks the resolver at an address, or by default that of /etc/resolv.conf; `longest`: seconds for an answer."""
    made = dns.resolver.Resolver(configure=address is None)
    if address is not None:
        made.nameservers = [address]
    made.lifetime = longest
    made.cache = dns.resolver.LRUCache()
    return made


def answer(address: str, name: str, kind: str, *, key: dns.tsig.Key | None = None) -> Answer:
    """Return the values one server has for a name, `CNAME <other name>` where that is another's alias; None without an answer."""
    response = asked(address, dns.message.make_query(name, kind, flags=0, use_edns=0, payload=_UDP), key)
    if response is None or response.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        return None
    wanted, own = dns.rdatatype.from_text(kind), dns.name.from_text(name)
    here = [one for one in response.answer if one.name == own]
    found = [shown(rdata) for one in here if one.rdtype == wanted for rdata in one]
    alias = [f"CNAME {shown(rdata)}" for one in here if one.rdtype == dns.rdatatype.CNAME for rdata in one]
    return found or alias


def asked(address: str, query: dns.message.Message, key: dns.tsig.Key | None = None) -> dns.message.Message | None:
    """Return a server's response, over TCP where it is long; None where none comes in time, PeerError where a key is refused."""
    if key is not None:
        query.use_tsig(key)
    for _ in range(_TRIES):
        try:
            return dns.query.udp_with_fallback(query, address, timeout=_PATIENCE)[0]
        except dns.exception.Timeout:
            continue
        except dns.tsig.PeerError:
            raise
        except (dns.exception.DNSException, OSError):
            return None
    return None


def shown(rdata: dns.rdata.Rdata) -> str:
    """Return a value in the form of Record.value, names in lower case."""
    if rdata.rdtype == dns.rdatatype.TXT:
        return b"".join(rdata.strings).decode("utf-8", "backslashreplace")
    return rdata.to_text() if rdata.rdtype == dns.rdatatype.CAA else rdata.to_text().lower()
