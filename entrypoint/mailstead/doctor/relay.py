"""Whether strangers can send to anywhere through this server: an open relay is on every block list within hours.

Each check says MAIL and RCPT to a domain that is not ours, and hangs up before any message.
"""

import ipaddress
import smtplib
from collections.abc import Iterator

from .checks import Verdict, check, each, fail, passed, skipped
from .context import Address, Context

_FOREIGN = "nobody@relay-test.invalid"
_LONGEST = 15  # seconds; a server may wait before it greets
_MEND = (
    "stop it: docker compose stop mail. Then take POSTFIX_mynetworks, POSTFIX_smtpd_relay_restrictions, "
    "POSTFIX_smtpd_recipient_restrictions and MAIL_TRUSTED_NETWORKS out of .env; then: scripts/up"
)


@check("relay.networks")
def networks(context: Context) -> Iterator[Verdict]:
    """Postfix trusts nobody but this container itself (mynetworks is loopback): Docker's gateway stands for strangers, too."""
    value = context.postfix["mynetworks"]
    trusted = [one for one in value.replace(",", " ").split() if not _is_loopback(one)]
    if trusted:
        yield fail(f"mynetworks trusts {' '.join(trusted)}, from where everybody may send to anywhere", _MEND)
    else:
        yield passed(f"only loopback is trusted ({value})")


def _is_loopback(network: str) -> bool:
    try:
        return ipaddress.ip_network(network.replace("[", "").replace("]", "")).is_loopback
    except ValueError:
        return False  # a table: who knows what it holds


@check("relay.neighbour")
def neighbour(context: Context) -> Iterator[Verdict]:
    """From an address of this container's network, as a neighbouring container has, a message to elsewhere is refused."""
    if not context.own_addresses:
        yield skipped("this container is in no network")
    yield from each(lambda one: _attempt(one, 25), context.own_addresses)


@check("relay.gateway")
def gateway(context: Context) -> Iterator[Verdict]:
    """Through the published port and Docker's proxy, where strangers arrive as the gateway, a message to elsewhere is refused."""
    yield from each(lambda one: _attempt(one, context.settings.port_smtp), context.gateways)


@check("relay.world", outside=True)
def world(context: Context) -> Iterator[Verdict]:
    """At the address the DNS names, a message to elsewhere is refused."""
    yield from each(lambda one: _attempt(one, 25), context.addresses)


def _attempt(host: Address, port: int) -> Verdict:
    of = str(host)
    try:
        with smtplib.SMTP(str(host), port, "relay-test.invalid", timeout=_LONGEST) as server:
            server.ehlo()
            code, text = server.mail("")
            if code != 250:
                return skipped(f"{host} port {port} takes no sender at all: {code}", of=of)
            code, text = server.rcpt(_FOREIGN)
    except (OSError, smtplib.SMTPException) as error:
        return skipped(f"{host} port {port} cannot be reached from in here: {error}", of=of)
    return judged(code, text.decode(errors="replace"), of)


def judged(code: int, text: str, of: str) -> Verdict:
    """Return what an answer to RCPT (RFC 5321, 4.2) means for a stranger's recipient."""
    if code // 100 == 5:
        return passed(f"refused: {code} {' '.join(text.split())}", of=of)
    if code // 100 == 2:
        return fail(f"an open relay: it takes mail to {_FOREIGN} ({code})", _MEND, of=of)
    return skipped(f"neither taken nor refused: {code} {' '.join(text.split())}", of=of)
