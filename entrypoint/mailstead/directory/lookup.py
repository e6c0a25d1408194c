"""What somebody typed, in its one form, and whether it is here.

Statements are made once, with a place for the value: making one takes five times as long as SQLite's answer to it.
"""

import functools
import re

from sqlalchemy import Column, Connection, Select, bindparam, select

from .. import names
from . import ROLES, DirectoryError, follow, schema

# What RFC 5322, 3.2.3 has beyond it (| / ! % and the like) is known to Postfix as more than a name.
_ELSEWHERE_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=+'&~#-]{0,63}", re.ASCII)
_LONGEST = 254
_ALIAS_OF = select(schema.domains.c.alias_of).where(schema.domains.c.name == bindparam("value"))
TARGET_ALLOWED = names.ADDRESS_ALLOWED.partition(" (")[0] + ", here or elsewhere"


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


def target(connection: Connection, text: str) -> str:
    """Return an address mail may be led to, in its one form: here it must exist, elsewhere its own server knows."""
    found = anywhere(connection, text)
    if has_domain(connection, names.domain_of(found)):
        _check_target_here(connection, follow.mailbox(found))
    return found


def written(text: str) -> tuple[str, str]:
    """Return the local part and the domain of an address, here or elsewhere; DirectoryError if it is none."""
    local, at, name = text.rpartition("@")
    well_formed = at and _ELSEWHERE_LOCAL.fullmatch(local) and ".." not in local and not local.endswith(".")
    if not well_formed or len(text) > _LONGEST:
        raise DirectoryError(f'"{text}" is not accepted; allowed: {TARGET_ALLOWED}')
    return local, _elsewhere_domain(text, name)


def anywhere(connection: Connection, text: str) -> str:
    """Return an address, here or elsewhere, in its one form; one in a domain's alias becomes the domain's own."""
    local, name = written(text)
    if not has_domain(connection, name):
        return f"{local}@{name}"  # Only its own server knows whether the case of the local part matters (RFC 5321, 2.4).
    return f"{local.lower()}@{alias_of(connection, name) or name}"


def _elsewhere_domain(text: str, name: str) -> str:
    try:
        return names.domain(name)
    except ValueError:
        raise DirectoryError(f'"{text}" is not accepted; allowed: {TARGET_ALLOWED}') from None


def _check_target_here(connection: Connection, mailbox: str) -> None:
    if not is_known(connection, mailbox) and names.local_part_of(mailbox) not in ROLES:
        raise DirectoryError(f"{mailbox} is no account, alias or group; add it first: mailstead account add {mailbox}")


def is_known(connection: Connection, mailbox: str) -> bool:
    """Whether there is an account, an alias or a group at an address."""
    return has_account(connection, mailbox) or has_alias(connection, mailbox) or has_group(connection, mailbox)


def has_domain(connection: Connection, name: str) -> bool:
    """Whether a domain is here."""
    return _has(connection, schema.domains.c.name, name)


def has_account(connection: Connection, mailbox: str) -> bool:
    """Whether there is an account at an address."""
    return _has(connection, schema.accounts.c.address, mailbox)


def has_alias(connection: Connection, mailbox: str) -> bool:
    """Whether there is an alias at an address, or an account's mail is forwarded."""
    return _has(connection, schema.aliases.c.address, mailbox)


def has_group(connection: Connection, mailbox: str) -> bool:
    """Whether there is a group at an address."""
    return _has(connection, schema.groups.c.address, mailbox)


def _has(connection: Connection, column: Column, value: str) -> bool:
    return connection.execute(_asking(column), {"value": value}).first() is not None


@functools.cache
def _asking(column: Column) -> Select:
    return select(column).where(column == bindparam("value")).limit(1)


def alias_of(connection: Connection, name: str) -> str | None:
    """Return the domain that a domain is an alias of, or None."""
    return connection.scalar(_ALIAS_OF, {"value": name})


def check_domain_here(connection: Connection, name: str) -> None:
    """Refuse to go on without a domain that has addresses of its own, saying how to add it."""
    if not has_domain(connection, name):
        raise DirectoryError(f"there is no domain {name} here; add it first: mailstead domain add {name}")
    other = alias_of(connection, name)
    if other:
        raise DirectoryError(f"{name} is an alias of {other}: what is made there is here too")


def check_free(connection: Connection, mailbox: str) -> None:
    """Refuse an address that something is at already."""
    if has_account(connection, mailbox):
        raise DirectoryError(f"{mailbox} is an account already")
    if has_alias(connection, mailbox):
        raise DirectoryError(f"{mailbox} is an alias; delete it first: mailstead alias delete {mailbox}")
    if has_group(connection, mailbox):
        raise DirectoryError(f"{mailbox} is a group; delete it first: mailstead group delete {mailbox}")
