"""Relays: the servers by which the mail of single domains leaves. Every function works in the transaction it is given."""

from dataclasses import asdict

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as delete_from

from .. import names
from ..declare import is_line
from . import DirectoryError, audit, domains, schema
from .snapshot import Relay

TLS = ("verify", "encrypt", "opportunistic")
"""What is asked of a connection, the strictest first: a certificate with the relay's name, any certificate, nothing."""

_relays = schema.relays
_LONGEST = 255


def set(connection: Connection, relay: Relay) -> bool:
    """Let the mail of a domain leave by a relay, in place of the one it had; return whether it had none."""
    row = asdict(relay) | {"domain": domains.check_here(connection, relay.domain)}
    check(relay)
    new = connection.scalar(select(_relays.c.domain).where(_relays.c.domain == row["domain"])) is None
    statement = insert(_relays) if new else update(_relays).where(_relays.c.domain == row["domain"])
    connection.execute(statement.values(row))
    facts = {name: value for name, value in row.items() if name != "password"}
    words = f"mail from {row['domain']} leaves by {relay.host}, port {relay.port}"
    audit.record(connection, "relay add", row["domain"], words, **facts)
    return new


def check(relay: Relay) -> None:
    """Refuse a relay that Postfix could not use, or that would give a password to somebody else."""
    if bool(relay.login) != bool(relay.password):
        raise DirectoryError("the login at a relay and its password go together; one of them is missing")
    for name in ("login", "password"):
        _check_words(name, getattr(relay, name) or "")
    if relay.login and ":" in relay.login:
        raise DirectoryError("the login at a relay holds a colon, which ends the name in Postfix's table; allowed: none")
    if relay.login and relay.tls != "verify":
        raise DirectoryError("a password goes only to a server whose certificate has the relay's name; allowed with it: verify")


def _check_words(name: str, text: str) -> None:
    if not is_line(text) or len(text) > _LONGEST or text != text.strip():
        raise DirectoryError(
            f"the {name} at the relay is not accepted; allowed: up to {_LONGEST} characters on one line, no blank at either end"
        )


def host(text: str) -> str:
    """Return what somebody typed as a relay's name; DirectoryError if it is none."""
    try:
        return names.hostname(text)
    except ValueError as error:
        raise DirectoryError(f'"{text}" is not accepted; allowed: {error}') from None


def delete(connection: Connection, text: str) -> str:
    """Let the mail of a domain leave as all other mail does; return the domain's name."""
    name = domains.check_here(connection, text)
    if not connection.execute(delete_from(_relays).where(_relays.c.domain == name)).rowcount:
        raise DirectoryError(f"{name} has no relay of its own; mailstead relay list shows those there are")
    audit.record(connection, "relay delete", name, f"mail from {name} leaves as all other mail does")
    return name
