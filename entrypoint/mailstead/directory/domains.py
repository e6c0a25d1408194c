"""The domains whose mail is kept here. Every function works in the transaction of the connection it is given."""

from collections.abc import Collection

from sqlalchemy import Connection, insert, select
from sqlalchemy import delete as delete_from

from . import DirectoryError, lookup, schema

_domains = schema.domains


def add(connection: Connection, text: str) -> bool:
    """Add a domain; return whether it is new."""
    name = lookup.domain(text)
    if lookup.has_domain(connection, name):
        return False
    connection.execute(insert(_domains).values(name=name))
    return True


def delete(connection: Connection, text: str, *, settings_domains: Collection[str]) -> str:
    """Delete an empty domain that MAIL_DOMAINS (`settings_domains`) does not name; return its name."""
    name = lookup.domain(text)
    if not lookup.has_domain(connection, name):
        raise DirectoryError(f"there is no domain {name} here; mailstead domain list shows those there are")
    if name in settings_domains:
        raise DirectoryError(f"MAIL_DOMAINS names {name}, and the next start would add it again; take it out there first")
    _check_empty(connection, name)
    connection.execute(delete_from(_domains).where(_domains.c.name == name))
    return name


def _check_empty(connection: Connection, name: str) -> None:
    for kind, table in (("account", schema.accounts), ("alias", schema.aliases)):
        addresses = connection.scalars(select(table.c.address).where(table.c.domain == name).distinct()).all()
        if addresses:
            raise DirectoryError(
                f"{name} still has {', '.join(sorted(addresses))}; delete each first: mailstead {kind} delete ADDRESS"
            )
