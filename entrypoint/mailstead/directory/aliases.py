"""Addresses that lead to other addresses. Every function works in the transaction of the connection it is given."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, insert, select
from sqlalchemy import delete as delete_from

from .. import names
from . import ROLES, DirectoryError, follow, lookup, schema, snapshot

_aliases = schema.aliases
# What RFC 5322, 3.2.3 has beyond it (| / ! % and the like) is known to Postfix as more than a name.
_TARGET_LOCAL = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=+'&~#-]{0,63}", re.ASCII)
TARGET_ALLOWED = names.ADDRESS_ALLOWED.partition(" (")[0] + ", here or elsewhere"


@dataclass(frozen=True)
class Loss:
    """An alias that lost one of its targets; `gone` if it was the last, and the alias went with it."""

    alias: str
    target: str
    gone: bool


def add(connection: Connection, text: str, targets: Sequence[str]) -> tuple[str, ...]:
    """Let an alias lead to some targets, beside those it has; return the targets that are new, in their one form."""
    address = lookup.address(text)
    _check_place(connection, address)
    known = connection.scalars(_targets(address)).all()
    new = [one for one in dict.fromkeys(_target(connection, target) for target in targets) if one not in known]
    _check_no_loop(connection, address, new)
    for target in new:
        row = {"address": address, "target": target, "domain": names.domain_of(address)}
        connection.execute(insert(_aliases).values(row))
    return tuple(new)


def delete(connection: Connection, text: str, targets: Collection[str] = ()) -> tuple[Loss, ...]:
    """Delete some targets of an alias, or the alias; return what it lost, then what other aliases lost with it."""
    address = lookup.address(text)
    known = connection.scalars(_targets(address)).all()
    if not known:
        raise DirectoryError(f"there is no alias {address}; mailstead alias list shows those there are")
    unwanted = [_one_of(known, address, target) for target in targets] or known
    return _lose(connection, [(address, target) for target in unwanted])


def lose_target(connection: Connection, address: str) -> tuple[Loss, ...]:
    """Take an address that is no more out of every alias, with or without a +detail; return what was lost."""
    links = snapshot.links(connection).items()
    pairs = [(alias, target) for alias, targets in links for target in targets if follow.mailbox(target) == address]
    return _lose(connection, pairs)


def _lose(connection: Connection, pairs: Sequence[tuple[str, str]]) -> tuple[Loss, ...]:
    losses: list[Loss] = []
    for alias, target in pairs:
        connection.execute(delete_from(_aliases).where(_aliases.c.address == alias, _aliases.c.target == target))
        gone = not lookup.has_alias(connection, alias)
        losses += [Loss(alias, target, gone), *(lose_target(connection, alias) if gone else ())]
    return tuple(losses)


def _targets(address: str) -> Select[tuple[str]]:
    return select(_aliases.c.target).where(_aliases.c.address == address).order_by(_aliases.c.target)


def _check_place(connection: Connection, address: str) -> None:
    lookup.check_domain_here(connection, names.domain_of(address))
    if lookup.has_account(connection, address):
        raise DirectoryError(f"{address} is an account; an alias needs an address of its own")


def _target(connection: Connection, text: str) -> str:
    local, at, domain = text.rpartition("@")
    name = _target_domain(text, domain)
    if not at or not _TARGET_LOCAL.fullmatch(local) or ".." in local or local.endswith("."):
        raise DirectoryError(f'"{text}" is not accepted as a target; allowed: {TARGET_ALLOWED}')
    if not lookup.has_domain(connection, name):
        return f"{local}@{name}"  # Only its own server knows whether the case of the local part matters (RFC 5321, 2.4).
    _check_target_here(connection, follow.mailbox(f"{local.lower()}@{name}"))
    return f"{local.lower()}@{name}"


def _target_domain(text: str, domain: str) -> str:
    try:
        return names.domain(domain)
    except ValueError:
        raise DirectoryError(f'"{text}" is not accepted as a target; allowed: {TARGET_ALLOWED}') from None


def _check_target_here(connection: Connection, address: str) -> None:
    known = lookup.has_account(connection, address) or lookup.has_alias(connection, address)
    if not known and names.local_part_of(address) not in ROLES:
        raise DirectoryError(f"{address} is neither an account nor an alias; add it first: mailstead account add {address}")


def _check_no_loop(connection: Connection, address: str, targets: Sequence[str]) -> None:
    links = snapshot.links(connection)
    for target in targets:
        mailbox = follow.mailbox(target)
        if mailbox == address or address in follow.reached(links, mailbox):
            raise DirectoryError(f"mail for {address} would come back to it by way of {target}")


def _one_of(known: Collection[str], address: str, text: str) -> str:
    for target in known:
        if target.lower() == text.lower():
            return target
    raise DirectoryError(f"{address} does not lead to {text}; it leads to {', '.join(known)}")
