"""By which server mail leaves, as Postfix sees it. Pure.

A domain without a relay of its own leaves by MAIL_RELAY_HOST, or directly where there is none; an alias of a domain by that
domain's relay. What has no sender (bounces) leaves as the postmaster's mail does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from .. import names
from ..settings import Settings
from . import nexthop, smarthost
from .relays import TLS
from .snapshot import Relay, Snapshot

_LEVELS = {"verify": "secure match=nexthop", "encrypt": "encrypt", "opportunistic": "may"}  # smtp_tls_policy_maps
_NO_SENDER = "<>"  # empty_address_default_transport_maps_lookup_key


def files(snapshot: Snapshot, settings: Settings) -> Mapping[str, Mapping[str, str]]:
    """Return the tables of what is asked of a relay's TLS, of logins, and of senders that are rewritten."""
    relays = {relay.domain: relay for relay in of_domains(snapshot)}
    return {
        "relay-tls": {place: _LEVELS[tls] for place, tls in _strictest(snapshot, settings).items()},
        "relay-logins": dict(_logins(relays, _of_bounces(relays, settings))),
        "relay-senders": {f"@{name}": one.sender for name, one in relays.items() if one.sender},
    }


def ways(snapshot: Snapshot, settings: Settings) -> Mapping[str, str]:
    """Return the transport of mail that leaves by a relay of its domain's own."""
    relays = {relay.domain: relay for relay in of_domains(snapshot)}
    bounces = _of_bounces(relays, settings)
    own = {f"@{name}": _way(one) for name, one in relays.items()}
    return own | ({_NO_SENDER: _way(bounces)} if bounces else {})


def common_way(settings: Settings) -> str:
    """Return the transport of all other mail; where it goes to is Postfix's own to say (relayhost)."""
    return f"{smarthost(settings.relay_port)}:" if settings.relay_host else "smtp:"


def _of_bounces(relays: Mapping[str, Relay], settings: Settings) -> Relay | None:
    return None if settings.relay_host else relays.get(names.domain_of(settings.postmaster))


def _way(relay: Relay) -> str:
    return f"{smarthost(relay.port)}:{nexthop(relay.host, relay.port)}"


def of_domains(snapshot: Snapshot) -> Iterator[Relay]:
    """Yield the relay of each domain that has one, by itself or as an alias of one that has."""
    own = {one.domain: one for one in snapshot.relays}
    for domain in snapshot.domains:
        found = own.get(domain.name) or own.get(domain.alias_of or "")
        if found:
            yield replace(found, domain=domain.name)


def of_settings(settings: Settings) -> Relay | None:
    """Return the relay of all mail that has no other; None where mail goes out directly."""
    if not settings.relay_host:
        return None
    tls = "verify" if settings.relay_user else "encrypt" if settings.relay_port == 465 else "opportunistic"
    password = str(settings.relay_password) if settings.relay_password else None
    where = {"host": settings.relay_host, "port": settings.relay_port, "tls": tls}
    return Relay(domain="*", **where, login=settings.relay_user, password=password)


def _strictest(snapshot: Snapshot, settings: Settings) -> Mapping[str, str]:
    # Postfix asks by the server alone: where two domains share one, neither may get less than it wants.
    common = of_settings(settings)
    found: dict[str, str] = {}
    for one in (*snapshot.relays, *([common] if common else [])):
        place, least = nexthop(one.host, one.port), "encrypt" if one.port == 465 else TLS[-1]
        found[place] = min(found.get(place, least), one.tls, key=TLS.index)
    return found


def _logins(relays: Mapping[str, Relay], bounces: Relay | None) -> Iterator[tuple[str, str]]:
    yield from ((f"@{name}", f"{one.login}:{one.password}") for name, one in relays.items() if one.login)
    if bounces and bounces.login:
        yield nexthop(bounces.host, bounces.port), f"{bounces.login}:{bounces.password}"
