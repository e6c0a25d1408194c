"""The domains whose mail is kept here. Every function works in the transaction of the connection it is given."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as delete_from

from . import DirectoryError, audit, lookup, schema

_domains = schema.domains
_LARGEST = 2**63 - 1


def add(connection: Connection, text: str, *, receives: bool = True) -> bool:
    """Add a domain; return whether it is new."""
    name = lookup.domain(text)
    if lookup.has_domain(connection, name):
        return False
    connection.execute(insert(_domains).values(name=name, receives=receives))
    audit.record(connection, "domain add", name, f"{name} is added", receives=receives)
    return True


def check_here(connection: Connection, text: str) -> str:
    """Return the name of a domain there is; DirectoryError if there is none."""
    name = lookup.domain(text)
    if not lookup.has_domain(connection, name):
        raise DirectoryError(f"there is no domain {name} here; mailstead domain list shows those there are")
    return name


def make_alias(connection: Connection, text: str, of: str) -> str:
    """Let every address of a domain be the same one of another, and return its name; it is added if it is new, else empty."""
    name, other = lookup.domain(text), lookup.domain(of)
    lookup.check_domain_here(connection, other)
    if name == other:
        raise DirectoryError(f"{name} cannot be an alias of itself")
    add(connection, name)
    check_empty(connection, name)
    _check_not_led_to(connection, name)
    nothing = {"most_accounts": None, "total_quota": None, "catch_all": None, "postmaster": None, "receives": True}
    connection.execute(update(_domains).where(_domains.c.name == name).values(nothing | {"alias_of": other}))
    audit.record(connection, "domain alias", name, f"{name} is an alias of {other}", alias_of=other)
    return name


def _check_not_led_to(connection: Connection, name: str) -> None:
    # An address that was elsewhere, or of a domain of its own, until now: which one is meant from now on?
    for column in (schema.aliases.c.target, schema.members.c.member, schema.patterns.c.target):
        target = connection.scalar(select(column).where(column.endswith(f"@{name}", autoescape=True)).limit(1))
        if target:
            raise DirectoryError(f"something leads to {target} already; let it lead to the address that is meant, first")


def set_catch_all(connection: Connection, text: str, address: str | None) -> str:
    """Let mail for whatever is at no other address of a domain go to an address (None: refuse it again); return the name."""
    target = lookup.target(connection, address) if address else None
    words = f"mail for unknown addresses goes to {target}" if target else "mail for unknown addresses is refused"
    return _set(connection, "domain catch-all", text, words, catch_all=target)


def set_limits(connection: Connection, text: str, **limits: int | None) -> str:
    """Set `most_accounts`, `total_quota` (bytes, of its accounts together) or both; None: no limit. Return the name."""
    for name, value in limits.items():
        if value is not None and not 0 < value <= (_LARGEST if name == "total_quota" else 2**31 - 1):
            raise DirectoryError(f"{value} is no limit; allowed: a number from 1, or none")
    words = ", ".join(f"{name.replace('_', ' ')} {'none' if value is None else value}" for name, value in limits.items())
    return _set(connection, "domain limit", text, words, **limits)


def set_receives(connection: Connection, text: str, receives: bool) -> str:
    """Say whether a domain receives mail at all; one that does not takes only its postmaster's. Return the name."""
    return _set(connection, "domain set", text, "receives mail" if receives else "receives no mail", receives=receives)


def set_postmaster(connection: Connection, text: str, address: str | None) -> str:
    """Say who gets the mail for postmaster, abuse and root of a domain (None: MAIL_POSTMASTER); return the name."""
    target = lookup.target(connection, address) if address else None
    return _set(connection, "domain set", text, f"its postmaster is {target or 'that of the server'}", postmaster=target)


def _set(connection: Connection, action: str, text: str, words: str, **values: Any) -> str:
    name = check_here(connection, text)
    lookup.check_domain_here(connection, name)
    connection.execute(update(_domains).where(_domains.c.name == name).values(values))
    audit.record(connection, action, name, f"{name}: {words}", **values)
    return name


def delete(connection: Connection, text: str, *, settings_domains: Collection[str]) -> str:
    """Delete an empty domain that MAIL_DOMAINS (`settings_domains`) does not name; return its name."""
    name = check_here(connection, text)
    if name in settings_domains:
        raise DirectoryError(f"MAIL_DOMAINS names {name}, and the next start would add it again; take it out there first")
    check_empty(connection, name)
    connection.execute(delete_from(_domains).where(_domains.c.name == name))
    audit.record(connection, "domain delete", name, f"{name} is deleted")
    return name


def check_empty(connection: Connection, name: str) -> None:
    """Refuse to go on while a domain has accounts, aliases, groups, or domains that are its aliases."""
    for kind, table in (("account", schema.accounts), ("alias", schema.aliases), ("group", schema.groups)):
        addresses = connection.scalars(select(table.c.address).where(table.c.domain == name).distinct()).all()
        if addresses:
            raise DirectoryError(f"{name} still has {_some(addresses)}; delete each first: mailstead {kind} delete ADDRESS")
    patterns = connection.scalars(select(schema.patterns.c.pattern).where(schema.patterns.c.domain == name).distinct()).all()
    if patterns:
        named = _some([f"{pattern}@{name}" for pattern in patterns])
        raise DirectoryError(f"{name} still has {named}; delete each first: mailstead alias delete --regexp PATTERN")
    others = connection.scalars(select(_domains.c.name).where(_domains.c.alias_of == name)).all()
    if others:
        raise DirectoryError(f"{name} still has the alias {_some(others)}; delete each first: mailstead domain delete DOMAIN")


def _some(listed: Collection[str]) -> str:
    shown = sorted(listed)[:10]
    return ", ".join(shown) + (f" and {len(listed) - len(shown)} more" if len(listed) > len(shown) else "")
