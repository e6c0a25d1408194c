"""Accounts get another address, and keep their mail. Every function works in the transaction of the connection it is given."""

from collections.abc import Sequence

from sqlalchemy import Connection, insert, select, update
from sqlalchemy import delete as delete_from

from .. import names
from . import DirectoryError, accounts, aliases, audit, links, schema

_former = schema.former_addresses


def rename(connection: Connection, text: str, new: str, *, postmaster: str, keep_alias: bool = False) -> tuple[str, str]:
    """Give an account another address; return the old one and the new one. All that led to the old one leads to the new.

    `keep_alias`: the old address goes on as an alias. Its folder is to be moved (mailboxes.rename) before the commit.
    """
    old, number = accounts.numbered(connection, text)
    address = accounts.check_new(connection, new)
    _check_postmaster(old, address, postmaster, keep_alias)
    row = {"address": address, "typed": new, "domain": names.domain_of(address)}
    connection.execute(update(schema.accounts).where(schema.accounts.c.id == number).values(row))
    forwarding = update(schema.aliases).where(schema.aliases.c.address == old)
    connection.execute(forwarding.values(address=address, domain=names.domain_of(address)))
    links.rename_target(connection, old, address)
    connection.execute(delete_from(_former).where(_former.c.address == address))
    connection.execute(insert(_former).values(address=old, account_id=number))
    audit.record(connection, "account rename", address, f"{old} is now {address}", old=old, keep_alias=keep_alias)
    if keep_alias:
        aliases.add(connection, old, [address])
    return old, address


def _check_postmaster(old: str, new: str, postmaster: str, keep_alias: bool) -> None:
    if old == postmaster and not keep_alias:
        raise DirectoryError(
            f"{old} gets the mail for postmaster, abuse and root: rename it with --keep-alias; MAIL_POSTMASTER={new} can follow"
        )


def taken_again(connection: Connection) -> Sequence[str]:
    """Return the former addresses at which there is an account again."""
    accounts_here = schema.accounts.c.address
    return connection.scalars(select(_former.c.address).join(schema.accounts, accounts_here == _former.c.address)).all()


def forget(connection: Connection, address: str) -> None:
    """Let a former address be nobody's."""
    connection.execute(delete_from(_former).where(_former.c.address == address))


def all_former(connection: Connection) -> Sequence[str]:
    """Return every former address."""
    return sorted(connection.scalars(select(_former.c.address)))
