"""The directory as it is at one moment."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, Table, select

from . import schema


@dataclass(frozen=True, kw_only=True)
class Domain:
    """A domain; `alias_of` another, whose addresses are meant by its own. `total_quota` in bytes, None where nothing is set."""

    name: str
    alias_of: str | None = None
    receives: bool = True
    most_accounts: int | None = None
    total_quota: int | None = None
    catch_all: str | None = None
    postmaster: str | None = None


@dataclass(frozen=True, kw_only=True)
class AppPassword:
    """A password of one program: `slot` counts from 0, `scope` is send, read or both; `created_at` in UTC."""

    name: str
    slot: int
    scope: str
    password_hash: str = field(repr=False)
    created_at: datetime | None = None


class Account(NamedTuple):
    """Somebody with a mailbox. `quota` in bytes, None for the settings' default; `typed` is the address as once written.

    `keeps_copy`: of what aliases at this address forward. `senders`: what it may send as beside its own addresses.
    `former`: what it was called before. A tuple, since there may be a hundred thousand of them.
    """

    address: str
    typed: str
    password_hash: str
    name: str = ""
    quota: int | None = None
    enabled: bool = True
    may_send: bool = True
    must_change: bool = False
    keeps_copy: bool = True
    senders: tuple[str, ...] = ()
    former: tuple[str, ...] = ()
    app_passwords: tuple[AppPassword, ...] = ()

    def __repr__(self) -> str:
        return f"Account({self.address!r})"  # never the hash


@dataclass(frozen=True, kw_only=True)
class Group:
    """An address of many. `post`: anyone, domain or members; `reply_to`: the Reply-To its letters get, or None."""

    address: str
    members: tuple[str, ...] = ()
    post: str = "anyone"
    list_id: bool = False
    reply_to: str | None = None


@dataclass(frozen=True, kw_only=True)
class Pattern:
    """An alias whose local part is a regular expression."""

    pattern: str
    domain: str
    targets: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Relay:
    """The server by which the mail of a domain leaves; `tls`: verify, encrypt or opportunistic.

    `sender`: the one address that it takes mail from, or None where it takes all of the domain's.
    """

    domain: str
    host: str
    port: int = 587
    tls: str = "verify"
    login: str | None = None
    password: str | None = field(default=None, repr=False)
    sender: str | None = None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Everything a projection needs, each part in alphabetical order, patterns in the order in which they are tried.

    `counter` says which state of the directory it is.
    """

    counter: int
    domains: tuple[Domain, ...] = ()
    accounts: tuple[Account, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    groups: tuple[Group, ...] = ()
    patterns: tuple[Pattern, ...] = ()
    relays: tuple[Relay, ...] = ()


def read(connection: Connection) -> Snapshot:
    """Return the directory as this connection's transaction sees it."""
    return Snapshot(
        counter=_counter(connection),
        domains=domains(connection),
        accounts=_accounts(connection),
        aliases=_gathered(connection.execute(select(schema.aliases.c.address, schema.aliases.c.target))),
        groups=_groups(connection),
        patterns=_patterns(connection),
        relays=relays(connection),
    )


def read_alone(connection: Connection, address: str) -> Snapshot:
    """Return the directory with its domains and the account at an address, and without all else: nobody else is read."""
    number = connection.scalar(select(schema.accounts.c.id).where(schema.accounts.c.address == address))
    people = _accounts(connection, number) if number is not None else ()
    return Snapshot(counter=_counter(connection), domains=domains(connection), accounts=people)


def _counter(connection: Connection) -> int:
    return int(connection.scalar(select(schema.meta.c.value).where(schema.meta.c.key == "counter")))


def domains(connection: Connection) -> tuple[Domain, ...]:
    """Return the domains, in alphabetical order."""
    return tuple(sorted((Domain(**row) for row in _rows(connection, schema.domains)), key=lambda domain: domain.name))


def silent(found: Iterable[Domain]) -> frozenset[str]:
    """Return which of all domains receive no mail, and send none: those that are so, and their aliases."""
    known = list(found)
    null = {one.name for one in known if not one.receives}
    return frozenset(one.name for one in known if {one.name, one.alias_of} & null)


def relays(connection: Connection) -> tuple[Relay, ...]:
    """Return the relays, in the alphabetical order of their domains."""
    return tuple(sorted((Relay(**row) for row in _rows(connection, schema.relays)), key=lambda relay: relay.domain))


def _accounts(connection: Connection, number: int | None = None) -> tuple[Account, ...]:
    senders = _gathered(connection.execute(_of(schema.senders, "account_id", number, "account_id", "address")))
    former = _gathered(connection.execute(_of(schema.former_addresses, "account_id", number, "account_id", "address")))
    apps = _app_passwords(connection, number)
    columns = [name for name in Account._fields if name in schema.accounts.c]
    found = [
        Account(*row, senders.get(one, ()), former.get(one, ()), apps.get(one, ()))
        for one, *row in connection.execute(_of(schema.accounts, "id", number, "id", *columns))
    ]
    return tuple(sorted(found, key=attrgetter("address")))


def _of(table: Table, key: str, number: int | None, *columns: str) -> Select:
    """Return what selects some columns, of one account or of all (None)."""
    rows = select(*(table.c[name] for name in columns))
    return rows if number is None else rows.where(table.c[key] == number)


def _app_passwords(connection: Connection, number: int | None) -> Mapping[int, tuple[AppPassword, ...]]:
    table = schema.app_passwords
    gathered: dict[int, list[AppPassword]] = defaultdict(list)
    rows = connection.execute(_of(table, "account_id", number, *table.c.keys())).mappings()
    for row in sorted(rows, key=lambda row: (row["account_id"], row["name"])):
        fields = dict(row) | {"created_at": schema.utc(row["created_at"])}
        gathered[fields.pop("account_id")].append(AppPassword(**fields))
    return {number: tuple(passwords) for number, passwords in gathered.items()}


def _groups(connection: Connection) -> tuple[Group, ...]:
    members = _gathered(connection.execute(select(schema.members.c.group_address, schema.members.c.member)))
    rows = _rows(connection, schema.groups, "domain")
    return tuple(sorted((Group(**row, members=members.get(row["address"], ())) for row in rows), key=lambda one: one.address))


def _patterns(connection: Connection) -> tuple[Pattern, ...]:
    table = schema.patterns.c
    rows = connection.execute(select(table.domain, table.pattern, table.target).order_by(table.id))
    gathered: dict[tuple[str, str], tuple[str, ...]] = {}
    for domain, pattern, target in rows:
        gathered[domain, pattern] = (*gathered.get((domain, pattern), ()), target)
    return tuple(Pattern(domain=domain, pattern=pattern, targets=targets) for (domain, pattern), targets in gathered.items())


def _rows(connection: Connection, table: Table, *without: str) -> Iterable[dict[str, Any]]:
    columns = [column for column in table.c if column.name not in (*without, "created_at")]
    return (dict(row) for row in connection.execute(select(*columns)).mappings())


def _gathered(pairs: Iterable[Any]) -> dict[Any, tuple[str, ...]]:
    gathered: dict[Any, list[str]] = {}
    for key, value in sorted(pairs, key=tuple):
        gathered.setdefault(key, []).append(value)
    return {key: tuple(values) for key, values in gathered.items()}
