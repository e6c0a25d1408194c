"""What leads to what in the stored directory: aliases, groups, patterns and domains, and what they lose when an address goes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import Column, Connection, bindparam, select, update
from sqlalchemy import delete as delete_from

from .. import names
from . import DirectoryError, follow, lookup, schema

_aliases, _members, _patterns, _domains = schema.aliases, schema.members, schema.patterns, schema.domains
_ALIAS_TO = select(_aliases.c.target).where(_aliases.c.address == bindparam("address"))
_MEMBERS_OF = select(_members.c.member).where(_members.c.group_address == bindparam("address"))
TARGETS = (
    (_aliases.c.address, _aliases.c.target),
    (_members.c.group_address, _members.c.member),
    (_patterns.c.id, _patterns.c.target),
    (_domains.c.name, _domains.c.catch_all),
    (_domains.c.name, _domains.c.postmaster),
)
"""Every column that holds where mail goes, after the one that says for what."""


@dataclass(frozen=True)
class Loss:
    """An alias, pattern, group or catch-all (`@` and a domain) that lost a target; `gone` if it was the last, and it went too."""

    address: str
    target: str
    gone: bool


class Aliases:
    """The aliases of a directory, each looked up when it is asked for (follow.Links)."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection

    def get(self, address: str, default: Sequence[str] = ()) -> Sequence[str]:
        """Return the targets of an alias."""
        return self.connection.scalars(_ALIAS_TO, {"address": address}).all() or default


class All(Aliases):
    """The aliases and the groups."""

    def get(self, address: str, default: Sequence[str] = ()) -> Sequence[str]:
        """Return the targets of an alias, or the members of a group."""
        return [*super().get(address), *self.connection.scalars(_MEMBERS_OF, {"address": address})] or default


def check_no_loop(connection: Connection, address: str, targets: Iterable[str]) -> None:
    """Refuse targets from which mail for an address would come back to it."""
    stored = All(connection)
    for target in targets:
        mailbox = follow.mailbox(target)
        if mailbox == address or address in follow.reached(stored, mailbox):
            raise DirectoryError(f"mail for {address} would come back to it by way of {target}")


def lose_target(connection: Connection, address: str) -> tuple[Loss, ...]:
    """Take an address that is no more out of all that leads to it, with or without a +detail; return what was lost."""
    losses: list[Loss] = []
    for alias, target in _leading_to(connection, _aliases.c.address, _aliases.c.target, address):
        losses += lose(connection, alias, target)
    for group, member in _leading_to(connection, _members.c.group_address, _members.c.member, address):
        connection.execute(delete_from(_members).where(_members.c.group_address == group, _members.c.member == member))
        losses.append(Loss(group, member, gone=False))
    return (*losses, *_lost_by_patterns(connection, address), *_lost_by_domains(connection, address))


def lose(connection: Connection, alias: str, target: str) -> tuple[Loss, ...]:
    """Take one target from an alias, and an alias without any out of what leads to it; return what was lost."""
    connection.execute(delete_from(_aliases).where(_aliases.c.address == alias, _aliases.c.target == target))
    gone = not lookup.has_alias(connection, alias)
    # Where there is an account, only its forwarding has ended.
    vanished = gone and not lookup.has_account(connection, alias)
    return (Loss(alias, target, gone), *(lose_target(connection, alias) if vanished else ()))


def _lost_by_patterns(connection: Connection, address: str) -> Iterable[Loss]:
    for number, target in _leading_to(connection, _patterns.c.id, _patterns.c.target, address):
        this = _patterns.c.id == number
        domain, pattern = connection.execute(select(_patterns.c.domain, _patterns.c.pattern).where(this)).one()
        connection.execute(delete_from(_patterns).where(this))
        rest = select(_patterns.c.id).where(_patterns.c.domain == domain, _patterns.c.pattern == pattern)
        yield Loss(f"{pattern}@{domain}", target, gone=connection.execute(rest).first() is None)


def _lost_by_domains(connection: Connection, address: str) -> Iterable[Loss]:
    for column, prefix in ((_domains.c.catch_all, ""), (_domains.c.postmaster, "postmaster")):
        for name, target in _leading_to(connection, _domains.c.name, column, address):
            connection.execute(update(_domains).where(_domains.c.name == name).values({column.name: None}))
            yield Loss(f"{prefix}@{name}", target, gone=True)


def rename_target(connection: Connection, old: str, new: str) -> None:
    """Let all that leads to an address lead to another, with the same +detail."""
    for key, column in TARGETS:
        for owner, target in _leading_to(connection, key, column, old):
            renamed = _with_detail_of(target, new)
            connection.execute(update(column.table).where(key == owner, column == target).values({column.name: renamed}))


def _with_detail_of(target: str, address: str) -> str:
    detail = names.local_part_of(target).partition("+")[1:]
    return f"{names.local_part_of(address)}{''.join(detail)}@{names.domain_of(address)}"


def leading_to(connection: Connection, address: str) -> tuple[list[str], list[str]]:
    """Return the aliases, and the groups, that lead to an address directly."""
    aliases = [alias for alias, _ in _leading_to(connection, _aliases.c.address, _aliases.c.target, address)]
    groups = [group for group, _ in _leading_to(connection, _members.c.group_address, _members.c.member, address)]
    return aliases, groups


def _leading_to(connection: Connection, key: Column, column: Column, address: str) -> list[tuple]:
    local, domain = names.local_part_of(address), names.domain_of(address)
    detailed = column.startswith(f"{local}+", autoescape=True) & column.endswith(f"@{domain}", autoescape=True)
    rows = connection.execute(select(key, column).where((column == address) | detailed))
    return sorted(tuple(row) for row in rows if follow.mailbox(row[1]) == address)
