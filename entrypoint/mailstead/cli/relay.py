"""The verbs of relays: the servers by which mail leaves, where it does not go out directly (docs/smarthosts.md)."""

import getpass
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..directory import HERE, DirectoryError, Place
from ..kinds import port
from ..settings import Settings
from . import GOOD, WANTING, typed
from .directory import Arguments, listing, maker, noun, say, snapshot_of

if TYPE_CHECKING:
    from ..directory.snapshot import Relay

_TLS = ("verify", "encrypt", "opportunistic")


def add(arguments: Arguments, settings: Settings) -> int:
    """Let the mail of a domain leave by a provider's server, in place of the one it had."""
    from ..directory import change, lookup, relays
    from ..directory.snapshot import Relay

    relay = Relay(
        domain=lookup.domain(arguments.domain),
        host=relays.host(arguments.host),
        port=arguments.port,
        tls=arguments.tls,
        login=arguments.login,
        password=_password(arguments) if arguments.login else None,
        sender=_sender(arguments.sender),
    )
    with change.change(settings, arguments.place) as connection:
        new = relays.set(connection, relay)
    said = f"mail from {relay.domain} leaves by {relay.host}, port {relay.port}; try it: mailstead relay test {relay.domain}"
    return say(arguments, _facts(relay) | {"added": new}, said)


def _sender(text: str | None) -> str | None:
    from ..directory import lookup

    return "@".join(lookup.written(text)) if text else None


def _password(arguments: Arguments) -> str:
    if arguments.password_file:
        return _first_line(_content(arguments.password_file))
    if arguments.password_stdin:
        return _first_line(sys.stdin.buffer.readline())
    if sys.stdin.isatty() and (typed := getpass.getpass(f"Password of {arguments.login} at {arguments.host}: ")):
        return typed
    raise DirectoryError("that login needs a password: --password-file FILE, or --password-stdin; nothing was changed")


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise DirectoryError(f"{file} cannot be read: {error.strerror}; nothing was changed") from None


def _first_line(content: bytes) -> str:
    line = content.partition(b"\n")[0].removesuffix(b"\r")
    try:
        return line.decode()
    except UnicodeDecodeError:
        raise DirectoryError("the password is no UTF-8 text; nothing was changed") from None


def list_(arguments: Arguments, settings: Settings) -> int:
    """List the relays: by which server the mail of which domain leaves. `*` is the one of MAIL_RELAY_HOST."""
    found = _all(arguments, settings)
    rows = [(one.domain, f"{one.host}:{one.port}", one.tls, one.login or "", one.sender or "") for one in found]
    return listing(arguments, [_facts(one) for one in found], [("DOMAIN", "RELAY", "TLS", "LOGIN", "SENDER"), *rows])


def _all(arguments: Arguments, settings: Settings) -> "list[Relay]":
    from ..directory import smarthosts

    common = smarthosts.of_settings(settings)
    return [*snapshot_of(arguments.place).relays, *([common] if common else [])]


def _facts(relay: "Relay") -> dict[str, Any]:
    return {name: value for name, value in asdict(relay).items() if name != "password"}


def delete(arguments: Arguments, settings: Settings) -> int:
    """Let the mail of a domain leave as all other mail does: by MAIL_RELAY_HOST, or directly."""
    from ..directory import change, relays

    with change.change(settings, arguments.place) as connection:
        name = relays.delete(connection, arguments.domain)
    return say(arguments, {"domain": name}, f"{name} has no relay of its own any more")


def test(arguments: Arguments, settings: Settings) -> int:
    """Connect to the relay of a domain, or to all, and sign in there; send nothing, and say what is wrong. Status 1: it is."""
    from ..services.postfix import ca_file
    from ..smarthost import trouble

    found = [one for one in _all(arguments, settings) if arguments.domain in (None, one.domain)]
    if not found:
        named = arguments.domain and f"{arguments.domain} has no relay of its own"
        raise DirectoryError(f"{named or 'there is no relay'}; mailstead relay list shows those there are")
    troubles = {one.domain: trouble(one, ca_file(settings)) for one in found}
    facts = [{"domain": one.domain, "host": one.host, "port": one.port, "trouble": troubles[one.domain]} for one in found]
    rows = [(one.domain, f"{one.host}:{one.port}", troubles[one.domain] or f"good: {_done(one)}") for one in found]
    listing(arguments, facts, [("DOMAIN", "RELAY", "SAID"), *rows])
    return WANTING if any(troubles.values()) else GOOD


def _done(relay: "Relay") -> str:
    return f"it takes the login {relay.login}" if relay.login else "it answers"


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of relays to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "relay", "servers by which mail leaves"), maker(place)
    adding = make(group, "add", add, "domain", "host")
    number = typed(port, "a port number from 1 to 65535")
    adding.add_argument("--port", type=number, default=587, help="587 (STARTTLS), 465 (TLS from the first byte) or 25 (587)")
    adding.add_argument("--tls", choices=_TLS, default=_TLS[0], help="what is asked of the connection (verify)")
    adding.add_argument("--login", metavar="NAME", help="name to sign in with; its password is asked for")
    adding.add_argument("--password-file", type=Path, metavar="FILE", help="take the password from a file of the container")
    adding.add_argument("--password-stdin", action="store_true", help="take the password from standard input")
    adding.add_argument("--sender", metavar="ADDRESS", help="the one address it takes mail from; ours become it on the way out")
    make(group, "list", list_)
    make(group, "delete", delete, "domain")
    trying = make(group, "test", test)
    trying.add_argument("domain", nargs="?", metavar="DOMAIN", help="the only one to try; * is MAIL_RELAY_HOST")
