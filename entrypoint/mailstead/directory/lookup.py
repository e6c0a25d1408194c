"""What somebody typed, in its one form, and whether it is here."""

from sqlalchemy import Column, Connection, select

from .. import names
from . import DirectoryError, schema


def domain(text: str) -> str:
    """Return what somebody typed as a domain; DirectoryError if it is none."""
    try:
        return names.domain(text)
    except ValueError as error:
        raise DirectoryError(f'"{text}" is not accepted; allowed: {error}') from None


def address(text: str) -> str:
    """Return what somebody typed as an address; DirectoryError if it is none."""
    try:
        return names.address(text)
    except ValueError as error:
        raise DirectoryError(f'"{text}" is not accepted; allowed: {error}') from None


def has_domain(connection: Connection, name: str) -> bool:
    """Whether a domain is here."""
    return _has(connection, schema.domains.c.name, name)


def has_account(connection: Connection, mailbox: str) -> bool:
    """Whether there is an account at an address."""
    return _has(connection, schema.accounts.c.address, mailbox)


def has_alias(connection: Connection, mailbox: str) -> bool:
    """Whether there is an alias at an address."""
    return _has(connection, schema.aliases.c.address, mailbox)


def _has(connection: Connection, column: Column, value: str) -> bool:
    return connection.execute(select(column).where(column == value).limit(1)).first() is not None


def check_domain_here(connection: Connection, name: str) -> None:
    """Refuse to go on without a domain, saying how to add it."""
    if not has_domain(connection, name):
        raise DirectoryError(f"there is no domain {name} here; add it first: mailstead domain add {name}")
