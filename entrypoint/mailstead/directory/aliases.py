"""Addresses that lead to other addresses. Every function works in the transaction of the connection it is given.

At the address of an account an alias is the account's forwarding, beside its mailbox or in place of it.
"""

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import delete as delete_from

from .. import names
from . import DirectoryError, audit, links, lookup, schema

_aliases = schema.aliases
_TARGETS_OF = select(_aliases.c.target).where(_aliases.c.address == bindparam("value"))
_INSERT = insert(_aliases)


def add(connection: Connection, text: str, targets: Sequence[str]) -> tuple[str, ...]:
    """Let an alias lead to some targets, beside those it has; return the targets that are new, in their one form.

    An account's own address among its targets says that it keeps a copy.
    """
    address = lookup.address(text)
    check_place(connection, address)
    known = targets_of(connection, address)
    wanted = dict.fromkeys(lookup.target(connection, target) for target in targets)
    if address in wanted and lookup.has_account(connection, address):
        del wanted[address]
        connection.execute(update(schema.accounts).where(schema.accounts.c.address == address).values(keeps_copy=True))
    new = tuple(one for one in wanted if one not in known)
    links.check_no_loop(connection, address, new)
    if new:
        rows = [{"address": address, "target": target, "domain": names.domain_of(address)} for target in new]
        connection.execute(_INSERT, rows)
        audit.record(connection, "alias add", address, f"{address} leads to {', '.join(new)}", targets=new)
    return new


def set_targets(connection: Connection, text: str, targets: Sequence[str]) -> None:
    """Let an alias lead to these targets and no others; what leads to the alias goes on to do so."""
    address = lookup.address(text)
    wanted = {lookup.target(connection, target) for target in targets}
    unwanted = [target for target in targets_of(connection, address) if target not in wanted]
    if unwanted:
        connection.execute(delete_from(_aliases).where(_aliases.c.address == address, _aliases.c.target.in_(unwanted)))
        words = f"{address} does not lead to {', '.join(unwanted)}"
        audit.record(connection, "alias delete", address, words, targets=unwanted)
    add(connection, address, targets)


def delete(connection: Connection, text: str, targets: Collection[str] = ()) -> tuple[links.Loss, ...]:
    """Delete some targets of an alias, or the alias; return what it lost, then what others lost with it."""
    address = lookup.meant(connection, text)
    known = targets_of(connection, address)
    if not known:
        raise DirectoryError(f"there is no alias {address}; mailstead alias list shows those there are")
    unwanted = [one_of(known, address, target) for target in targets] or known
    losses = [loss for target in unwanted for loss in links.lose(connection, address, target)]
    audit.record(connection, "alias delete", address, f"{address} does not lead to {', '.join(unwanted)}", targets=unwanted)
    return tuple(losses)


def targets_of(connection: Connection, address: str) -> Sequence[str]:
    """Return where an alias leads, in alphabetical order; nothing if there is none."""
    # Sorted here and elsewhere by Python: a database sorts as its locale says.
    return sorted(connection.scalars(_TARGETS_OF, {"value": address}))


def check_place(connection: Connection, address: str) -> None:
    """Refuse an address at which no alias can be."""
    lookup.check_domain_here(connection, names.domain_of(address))
    if lookup.has_group(connection, address):
        raise DirectoryError(f"{address} is a group; add members to it: mailstead group add {address} --member ADDRESS")


def one_of(known: Collection[str], address: str, text: str) -> str:
    """Return the one of the targets of an address that somebody typed, in whatever letter case."""
    for target in known:
        if target.lower() == text.lower():
            return target
    raise DirectoryError(f"{address} does not lead to {text}; it leads to {', '.join(known) or 'nowhere'}")
