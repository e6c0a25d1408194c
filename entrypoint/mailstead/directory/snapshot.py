"""The directory as it is at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from . import schema


@dataclass(frozen=True, kw_only=True)
class Account:
    """Somebody with a mailbox. `quota` in bytes, None for the settings' default; `typed` is the address as once written."""

    address: str
    typed: str
    password_hash: str = field(repr=False)
    quota: int | None = None
    enabled: bool = True


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything a projection needs, each part in alphabetical order; `counter` says which state of the directory it is."""

    counter: int
    domains: tuple[str, ...] = ()
    accounts: tuple[Account, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def read(connection: Connection) -> Snapshot:
    """Return the directory as this connection's transaction sees it."""
    counter = connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "counter"))
    return Snapshot(
        counter=int(counter),
        domains=tuple(sorted(connection.scalars(select(schema.domains.c.name)))),
        accounts=_accounts(connection),
        aliases=links(connection),
    )


def _accounts(connection: Connection) -> tuple[Account, ...]:
    table = schema.accounts.c
    rows = connection.execute(select(table.address, table.typed, table.password_hash, table.quota, table.enabled))
    return tuple(sorted((Account(**row) for row in rows.mappings()), key=lambda account: account.address))


def links(connection: Connection) -> dict[str, tuple[str, ...]]:
    """Return each alias with its targets."""
    gathered: dict[str, tuple[str, ...]] = {}
    for address, target in sorted(connection.execute(select(schema.aliases.c.address, schema.aliases.c.target)), key=tuple):
        gathered[address] = (*gathered.get(address, ()), target)
    return gathered
