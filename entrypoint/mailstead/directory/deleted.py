"""Accounts that are gone, and can come back for a while. Every function works in the transaction of its connection."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy import delete as delete_from

from .. import names
from . import DirectoryError, accounts, aliases, audit, groups, links, lookup, schema

_deleted = schema.deleted_accounts
_KEPT = ("typed", "name", "password_hash", "quota", "enabled", "may_send", "must_change", "keeps_copy")


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A deleted account: its mail is in `folder`, below /var/mail/.deleted, `until` (UTC) it is removed for good."""

    address: str
    folder: str
    until: datetime
    record: dict[str, Any] = field(repr=False)


def delete(
    connection: Connection, text: str, *, postmaster: str, now: datetime, until: datetime | None
) -> tuple[str | None, tuple[links.Loss, ...]]:
    """Delete an account, not the postmaster's; return the folder its mail is to be moved to, and what aliases lost by it.

    `until` (UTC): when its mail is removed, and it can come back no more; None: now, and then there is no folder either.
    Its app passwords are gone in any case.
    """
    address = accounts.check_dispensable(connection, text, postmaster=postmaster)
    folder = None
    if until:
        folder = f"{address}.{now:%Y%m%dT%H%M%S%f}"
        row = {"folder": folder, "address": address, "until": until, "record": _recorded(connection, address)}
        connection.execute(insert(_deleted).values(row))
    losses = _take_out(connection, address)
    words = f"{address} is deleted" + (f"; its mail is kept until {until:%Y-%m-%d}" if until else ", and its mail")
    audit.record(connection, "account delete", address, words, until=until and until.isoformat())
    return folder, losses


def _recorded(connection: Connection, address: str) -> dict[str, Any]:
    table = schema.accounts.c
    row = connection.execute(select(schema.accounts).where(table.address == address)).mappings().one()
    senders = connection.scalars(select(schema.senders.c.address).where(schema.senders.c.account_id == row["id"])).all()
    led, joined = links.leading_to(connection, address)
    targets = aliases.targets_of(connection, address)
    rest = {"senders": list(senders), "targets": list(targets), "aliases": led, "groups": joined}
    return {name: row[name] for name in _KEPT} | rest


def _take_out(connection: Connection, address: str) -> tuple[links.Loss, ...]:
    connection.execute(delete_from(schema.aliases).where(schema.aliases.c.address == address))
    connection.execute(delete_from(schema.accounts).where(schema.accounts.c.address == address))
    return links.lose_target(connection, address)


def restore(connection: Connection, text: str) -> Deleted:
    """Bring back the account that was last deleted at an address, with all that is still possible; return what it was.

    Its mail is to be moved back from its folder.
    """
    address = lookup.meant(connection, text)
    found = [one for one in all_of(connection) if one.address == address]
    if not found:
        raise DirectoryError(f"there is no deleted account {address}; mailstead account list --deleted shows those there are")
    gone = found[-1]
    accounts.check_new(connection, address)
    row = {name: gone.record[name] for name in _KEPT}
    connection.execute(insert(schema.accounts).values(row | {"address": address, "domain": names.domain_of(address)}))
    connection.execute(delete_from(_deleted).where(_deleted.c.folder == gone.folder))
    _lead_again(connection, gone)
    audit.record(connection, "account restore", address, f"{address} is back")
    return gone


def _lead_again(connection: Connection, gone: Deleted) -> None:
    if gone.record["senders"]:
        accounts.set_senders(connection, gone.address, gone.record["senders"])
    targets = [target for target in gone.record["targets"] if _still_takes(connection, target)]
    if gone.record["targets"]:
        accounts.forward(connection, gone.address, targets, keeps_copy=gone.record["keeps_copy"])
    for alias in gone.record["aliases"]:
        if not lookup.has_group(connection, alias):
            aliases.add(connection, alias, [gone.address])
    for group in gone.record["groups"]:
        if lookup.has_group(connection, group):
            groups.add(connection, group, [gone.address])


def _still_takes(connection: Connection, target: str) -> bool:
    try:
        return bool(lookup.target(connection, target))
    except DirectoryError:
        return False


def all_of(connection: Connection) -> Sequence[Deleted]:
    """Return the deleted accounts that can come back, in the order in which they went."""
    columns = [_deleted.c.address, _deleted.c.folder, _deleted.c.until, _deleted.c.record]
    rows = connection.execute(select(*columns).order_by(_deleted.c.created_at, _deleted.c.folder)).mappings()
    return [Deleted(**(dict(row) | {"until": schema.utc(row["until"])})) for row in rows]


def forget(connection: Connection, folder: str) -> None:
    """Let a deleted account come back no more; its folder is to be removed."""
    connection.execute(delete_from(_deleted).where(_deleted.c.folder == folder))
