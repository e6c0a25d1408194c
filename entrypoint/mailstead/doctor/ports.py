"""The ports: whether they listen, whether the world reaches them, and whether clients come under their own addresses."""

import smtplib
from collections.abc import Iterator

from .. import clients
from ..certs import Store, ports
from ..certs.ports import Ask
from ..places import CLIENTS
from .checks import Verdict, check, each, fail, passed, skipped, warn
from .context import Address, Context

_FEW = 20
"""Connections from which on it is no accident that all came from one address."""
_PUBLISHED = {
    25: "port_smtp", 465: "port_submissions", 587: "port_submission", 993: "port_imaps", 995: "port_pop3s", 4190: "port_sieve",
}


@check("ports.listening")
def listening(context: Context) -> Iterator[Verdict]:
    """Inside the container, each port of the settings is answered, up to a TLS handshake."""
    for port, found in ports.served(context.settings).items():
        if found is None:
            yield fail("nobody answers inside the container", "docker compose restart mail", of=str(port))
        else:
            yield passed("answers with TLS", of=str(port))


@check("ports.published", outside=True)
def published(context: Context) -> Iterator[Verdict]:
    """At the address the DNS names, each port leads here: the certificate shows that it is this server. Many routers let nobody
    through from inside to their own public address; then this is skipped, and must be tried from elsewhere."""
    asking = ports.published(context.settings).items()
    places = [(address, port, ask) for address in context.addresses for port, ask in asking]
    yield from each(lambda place: _leads_here(context, *place), places)


def _leads_here(context: Context, address: Address, port: int, ask: Ask) -> Verdict:
    from ..certs import pem

    current, of = Store().current(), f"{address}:{port}"
    try:
        found = pem.serial(ask(port, str(address)))
    except (OSError, smtplib.SMTPException) as error:
        return skipped(f"cannot be reached from in here ({error}); {_from_elsewhere(context, port)}", of=of)
    if current and found == current.serial:
        return passed("leads here", of=of)
    mend = f"let your router hand port {port} to this machine's port {_published(context, port)}"
    return fail("another server answers there", mend, of=of)


def _published(context: Context, port: int) -> int:
    return getattr(context.settings, _PUBLISHED[port])


def _from_elsewhere(context: Context, port: int) -> str:
    how = "-starttls smtp " if port in (25, 587) else "-starttls sieve " if port == 4190 else ""
    mapped = _published(context, port)
    router = "" if mapped == port else f"; it is published as {mapped}, so a router must map it"
    return f"from another network try: openssl s_client {how}-connect {context.settings.hostname}:{port}{router}"


@check("ports.clients")
def real_addresses(context: Context) -> Iterator[Verdict]:
    """Clients arrive under their own addresses, and not all as Docker's gateway: block lists, limits and SPF go by them."""
    seen = clients.read(CLIENTS)
    gateways = {str(one) for one in context.gateways}
    theirs = {one for one in seen if one not in gateways and one not in map(str, context.own_addresses)}
    from_gateway = sum(number for one, number in seen.items() if one in gateways)
    if theirs:
        yield passed(f"{len(theirs)} of the last clients came under addresses of their own")
    elif from_gateway >= _FEW:
        yield warn(
            f"all of the last {from_gateway} clients came as {', '.join(gateways)}, Docker's gateway: Docker's proxy hides them "
            "(IPv6 to a network without it, loopback, or a router that rewrites addresses)",
            'publish on IPv4 (MAIL_BIND_ADDRESS=0.0.0.0), give the compose network IPv6 (enable_ipv6: true), or set '
            '"userland-proxy": false in /etc/docker/daemon.json',
        )
    else:
        yield skipped("too few clients came yet")
