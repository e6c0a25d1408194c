"""By which server mail leaves, and whose keeps its sender then, as Postfix sees it. Pure.

A domain without a relay of its own leaves by MAIL_RELAY_HOST, or directly where there is none; an alias of a domain by that
domain's relay. What has no sender (bounces) leaves as the postmaster's mail does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .. import names
from ..settings import Settings
from . import smarthost
from .relays import TLS
from .snapshot import Relay, Snapshot

_LEVELS = {"verify": "secure match=nexthop", "encrypt": "encrypt", "opportunistic": "may"}  # smtp_tls_policy_maps
_NO_SENDER = "<>"  # empty_address_default_transport_maps_lookup_key


def files(snapshot: Snapshot, settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """Return the tables of ways out, of what is asked of their TLS, of logins, and of senders that are rewritten."""
    ways = {relay.domain: relay for relay in of_domains(snapshot)}
    common = of_settings(settings)
    bounces = common or ways.get(names.domain_of(settings.postmaster))
    return {
        "own-senders": dict(_ways(snapshot, settings, ways, common)) | {_NO_SENDER: _transport(bounces)},
        "relay-tls": {place: _LEVELS[tls] for place, tls in _strictest(snapshot, common).items()},
        "relay-logins": dict(_logins(ways, None if common else bounces)),
        "relay-senders": {f"@{name}": one.sender for name, one in ways.items() if one.sender},
    }


def _ways(snapshot: Snapshot, settings: Settings, ways: Mapping[str, Relay], common: Relay | None) -> Iterator[tuple[str, str]]:
    """Yield whose mail keeps its sender where it leaves, and by which transport it does; all other mail is forwarded.

    That of our domains, and of addresses elsewhere that people were given. Keys as Postfix asks for them: an address, then
    `@` and the domain (sender_dependent_default_transport_maps, postconf(5)).
    """
    ours = {settings.hostname, *(one.name for one in snapshot.domains)}
    yield from ((f"@{name}", _transport(ways.get(name, common))) for name in ours)
    given = (address for one in snapshot.accounts for address in one.senders if names.domain_of(address) not in ours)
    yield from ((address, _transport(common)) for address in given)


def _transport(relay: Relay | None) -> str:
    return f"{smarthost(relay.port)}:{nexthop(relay)}" if relay else "smtp:"


def of_domains(snapshot: Snapshot) -> Iterator[Relay]:
    """Yield the relay of each domain that has one, by itself or as an alias of one that has."""
    own = {one.domain: one for one in snapshot.relays}
    for domain in snapshot.domains:
        found = own.get(domain.name) or own.get(domain.alias_of or "")
        if found:
            yield replace(found, domain=domain.name)


def nexthop(relay: Relay) -> str:
    """Return a relay as Postfix writes it: brackets, so that no MX record is asked for."""
    return f"[{relay.host}]:{relay.port}"


def of_settings(settings: Settings) -> Relay | None:
    """Return the relay of all mail that has no other; None where mail goes out directly."""
    if not settings.relay_host:
        return None
    tls = "verify" if settings.relay_user else "encrypt" if settings.relay_port == 465 else "opportunistic"
    password = str(settings.relay_password) if settings.relay_password else None
    where = {"host": settings.relay_host, "port": settings.relay_port, "tls": tls}
    return Relay(domain="*", **where, login=settings.relay_user, password=password)


def _strictest(snapshot: Snapshot, common: Relay | None) -> Mapping[str, str]:
    # Postfix asks by the server alone: where two domains share one, neither may get less than it wants.
    found: dict[str, str] = {}
    for one in (*snapshot.relays, *([common] if common else [])):
        place, least = nexthop(one), "encrypt" if one.port == 465 else TLS[-1]
        found[place] = min(found.get(place, least), one.tls, key=TLS.index)
    return found


def _logins(ways: Mapping[str, Relay], bounces: Relay | None) -> Iterator[tuple[str, str]]:
    yield from ((f"@{name}", f"{one.login}:{one.password}") for name, one in ways.items() if one.login)
    if bounces and bounces.login:
        yield nexthop(bounces), f"{bounces.login}:{bounces.password}"
