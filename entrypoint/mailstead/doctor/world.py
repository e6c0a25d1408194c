"""The world outside, as this server meets it: whether mail can leave, what the block lists say of it, what time it is there."""

import ipaddress
import secrets
import socket
import struct
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from ..kinds import dnsbl_parts
from .checks import Untestable, Verdict, check, each, fail, passed, skipped, warn
from .context import Address, Context

_LONGEST = 10  # seconds
_LISTS = ("zen.spamhaus.org", "bl.spamcop.net", "psbl.surriel.com")
"""Lists that large receivers ask, and that answer single questions of anybody."""
_TIME = "pool.ntp.org"
_NTP_EPOCH = 2_208_988_800  # seconds from 1900 to 1970 (RFC 5905, 6)
_SMARTHOST = (
    "your provider blocks port 25. Send through its server, or a mail service, by .env: MAIL_RELAY_HOST=smtp.provider.example "
    "MAIL_RELAY_PORT=465 MAIL_RELAY_USER=... MAIL_RELAY_PASSWORD_FILE=/config/relay-password; then: scripts/up"
)


@check("world.port-25", outside=True)
def port_25(context: Context) -> Iterator[Verdict]:
    """Mail can leave: a large mail server (MAIL_DOCTOR_SERVERS) greets on port 25, or the provider's server can be reached."""
    if context.settings.relay_host:
        yield _relay(context)
        return
    addresses = {name: context.lookup.records(name, "A") for name in context.settings.doctor_servers}
    known = [(name, found[0]) for name, found in addresses.items() if found]
    with ThreadPoolExecutor() as pool:
        answers = list(pool.map(lambda one: _greeting(*one), known))
    yield heard([said for said, greets in answers if greets], [said for said, greets in answers if not greets])


def heard(greetings: Sequence[str], refusals: Sequence[str]) -> Verdict:
    """Return what the greetings of several servers mean, and the words about those that could not be reached."""
    hosts = [one.split()[1] for one in greetings if one.startswith("220 ") and len(one.split()) > 1]
    if not greetings and not refusals:
        raise Untestable("none of MAIL_DOCTOR_SERVERS has an address in the DNS")
    if not hosts:
        return fail(f"no server can be reached on port 25: {'; '.join([*refusals, *greetings])}", _SMARTHOST)
    if len(hosts) > 1 and len(set(hosts)) == 1:
        return fail(f"{hosts[0]} answers in place of every server: somebody on the way catches your mail", _SMARTHOST)
    return passed(f"{', '.join(hosts)} greets on port 25")


def _relay(context: Context) -> Verdict:
    host, port = context.settings.relay_host, context.settings.relay_port
    try:
        for address in context.lookup.records(host, "A") or [host]:
            with socket.create_connection((address, port), timeout=_LONGEST):
                return passed(f"{host} port {port}, which takes all mail, can be reached")
    except OSError as error:
        mend = "is MAIL_RELAY_HOST right, and MAIL_RELAY_PORT (587, 465 or 25)? Put it right in .env, then: scripts/up"
        return fail(f"{host} port {port}, which takes all mail, cannot be reached: {error}", mend)
    return skipped(f"{host} has no address")


def _greeting(name: str, address: str) -> tuple[str, bool]:
    """Return what a server says first (RFC 5321, 4.2), or why it says nothing; and which of the two it is."""
    try:
        with socket.create_connection((address, 25), timeout=_LONGEST) as server:
            return server.makefile("rb").readline(512).decode(errors="replace").strip(), True
    except OSError as error:
        return f"{name} ({error})", False


@check("world.block-lists", outside=True)
def block_lists(context: Context) -> Iterator[Verdict]:
    """This server's address is on no block list. A list that refuses to answer (127.255.255.x) says nothing, and is skipped."""
    names = lists(context.settings.dnsbl)
    yield from each(lambda pair: _asked(context, *pair), [(name, address) for name in names for address in context.public])


def lists(own: Sequence[str]) -> Sequence[str]:
    """Return the lists to ask: those that large receivers do, and the owner's, without those that speak for a client."""
    parts = (dnsbl_parts(one) for one in own)
    return [*dict.fromkeys([*_LISTS, *(zone for zone, _, weight in parts if not weight.startswith("-"))])]


def _asked(context: Context, name: str, address: Address) -> Verdict:
    try:
        return listed(name, address, context.lookup.records(f"{reversed_(address)}.{name}", "A"))
    except Untestable as reason:
        return skipped(str(reason), of=f"{name}:{address}")


def reversed_(address: Address) -> str:
    """Return an address as the lists want it (RFC 5782, 2.1 and 2.4)."""
    return address.reverse_pointer.removesuffix(".in-addr.arpa").removesuffix(".ip6.arpa")


def listed(name: str, address: Address, answers: Sequence[str]) -> Verdict:
    """Return what a list's answers mean (RFC 5782, 2.1): only 127.0.0.2 and above, and never 127.255.255.x, is "listed"."""
    of, codes = f"{name}:{address}", [ipaddress.ip_address(one) for one in answers]
    if any(one in ipaddress.ip_network("127.255.255.0/24") for one in codes):
        return skipped("the list refuses to answer this resolver; take MAIL_RESOLVER out of .env to ask it oneself", of=of)
    if any(one in ipaddress.ip_network("127.0.0.0/16") and int(one) & 0xFF > 1 for one in codes):
        mend = f"see why on the page of {name} (look {address} up there), mend that, and ask to be taken off the list"
        return fail(f"listed: {', '.join(answers)}", mend, of=of)
    return passed("not listed", of=of)


@check("world.clock", outside=True)
def clock(context: Context) -> Iterator[Verdict]:
    """The clock is right, by a time server (SNTP): certificates, signatures and DNSSEC end at a time."""
    addresses = context.lookup.records(_TIME, "A")
    if not addresses:
        raise Untestable(f"{_TIME} has no address in the DNS")
    try:
        yield off(_offset(addresses[0]))
    except OSError as error:
        raise Untestable(f"no time server answers ({error})") from error


def off(seconds: float) -> Verdict:
    """Return what a clock that is so many seconds ahead (or behind, below 0) means."""
    said = f"{abs(seconds):.1f} s {'ahead' if seconds > 0 else 'behind'}"
    mend = "switch on time synchronisation on this machine: timedatectl set-ntp true"
    if abs(seconds) > 60:
        return fail(said, mend)
    return warn(said, mend) if abs(seconds) > 5 else passed(said)


def _offset(server: str) -> float:
    """Return how far our clock is ahead of a time server's, in seconds (RFC 5905, 8 and 14)."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        asking.settimeout(_LONGEST / 2)
        asking.connect((server, 123))
        mark, sent = secrets.token_bytes(8), time.time()
        asking.send(b"\x23" + bytes(39) + mark)
        answer, arrived = asking.recv(512), time.time()
    if len(answer) < 48 or answer[24:32] != mark or answer[1] == 0:
        raise ConnectionError("the answer is none")
    received, transmitted = (_seconds(answer[start : start + 8]) for start in (32, 40))
    return ((sent - received) + (arrived - transmitted)) / 2


def _seconds(stamp: bytes) -> float:
    whole, fraction = struct.unpack("!II", stamp)
    return whole - _NTP_EPOCH + fraction / 2**32
