"""The people with a mailbox. Every function works in the transaction of the connection it is given."""

import re

from sqlalchemy import Connection, insert, update
from sqlalchemy import delete as delete_from

from .. import names
from . import DirectoryError, aliases, lookup, schema

_accounts = schema.accounts
_HASH = re.compile(r"\$[./0-9A-Za-z$=,-]+", re.ASCII)  # crypt(5): no colon, which would end the field of a passwd file
_LARGEST_QUOTA = 2**63 - 1


def check_new(connection: Connection, text: str) -> str:
    """Return the address an account can be made at; DirectoryError if it is taken, or its domain is not here."""
    address = lookup.address(text)
    lookup.check_domain_here(connection, names.domain_of(address))
    if lookup.has_account(connection, address):
        raise DirectoryError(f"{address} is there already; for a new password: mailstead account passwd {address}")
    if lookup.has_alias(connection, address):
        raise DirectoryError(f"{address} is an alias; delete it first: mailstead alias delete {address}")
    return address


def check_here(connection: Connection, text: str) -> str:
    """Return the address of an account there is; DirectoryError if there is none."""
    address = lookup.address(text)
    if not lookup.has_account(connection, address):
        raise DirectoryError(f"there is no account {address}; mailstead account list shows those there are")
    return address


def check_dispensable(connection: Connection, text: str, *, postmaster: str) -> str:
    """Return the address of an account the server can do without; DirectoryError if it is not here, or the postmaster's."""
    address = check_here(connection, text)
    if address == postmaster:
        raise DirectoryError(
            f"{address} gets the mail for postmaster, abuse and root and must stay; name another in MAIL_POSTMASTER first"
        )
    return address


def add(connection: Connection, typed: str, password_hash: str, *, quota: int | None = None) -> str:
    """Make an account, and return its address. `password_hash` as crypt(5) has it; `quota` in bytes, None for the default."""
    address = check_new(connection, typed)
    row = {"address": address, "domain": names.domain_of(address), "typed": typed, "enabled": True}
    row |= {"password_hash": _checked_hash(password_hash), "quota": _checked_quota(quota)}
    connection.execute(insert(_accounts).values(row))
    return address


def set_password(connection: Connection, text: str, password_hash: str) -> str:
    """Give an account a new password's hash, and return its address."""
    return _set(connection, text, password_hash=_checked_hash(password_hash))


def set_quota(connection: Connection, text: str, quota: int | None) -> str:
    """Limit an account to `quota` bytes (None: the settings' default), and return its address."""
    return _set(connection, text, quota=_checked_quota(quota))


def enable(connection: Connection, text: str) -> str:
    """Let the owner of an account sign in again; return its address."""
    return _set(connection, text, enabled=True)


def disable(connection: Connection, text: str, *, postmaster: str) -> str:
    """Let nobody sign in to an account, which goes on receiving mail; return its address. Not the postmaster's."""
    address = check_dispensable(connection, text, postmaster=postmaster)
    return _set(connection, address, enabled=False)


def delete(connection: Connection, text: str, *, postmaster: str) -> tuple[aliases.Loss, ...]:
    """Delete an account, not the postmaster's, and return what aliases lost by it. Its mail stays where it is."""
    address = check_dispensable(connection, text, postmaster=postmaster)
    connection.execute(delete_from(_accounts).where(_accounts.c.address == address))
    return aliases.lose_target(connection, address)


def _set(connection: Connection, text: str, **values: object) -> str:
    address = check_here(connection, text)
    connection.execute(update(_accounts).where(_accounts.c.address == address).values(values))
    return address


def _checked_hash(password_hash: str) -> str:
    if not _HASH.fullmatch(password_hash):
        raise DirectoryError("a password is kept as a bare crypt(3) hash such as $y$..., and this is none")
    return password_hash


def _checked_quota(quota: int | None) -> int | None:
    if quota is not None and not 0 < quota <= _LARGEST_QUOTA:
        raise DirectoryError(f"a quota is from 1 to {_LARGEST_QUOTA} bytes, or the default")
    return quota
