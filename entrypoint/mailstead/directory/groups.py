"""Addresses of many: who is in, and who may post. Every function works in the transaction of the connection it is given."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy import delete as delete_from

from .. import names
from . import DirectoryError, aliases, audit, follow, links, lookup, schema

_groups, _members = schema.groups, schema.members
_MEMBERS_OF = select(_members.c.member).where(_members.c.group_address == bindparam("value"))
POST = ("anyone", "domain", "members")
"""Who may write to a group: anyone; accounts of its domain that have signed in; its members, those here signed in."""


def add(
    connection: Connection,
    text: str,
    members: Sequence[str],
    *,
    post: str | None = None,
    list_id: bool | None = None,
    reply_to: str | None = None,
) -> tuple[str, ...]:
    """Make a group, or add to one; what is None stays, and is anyone, no and none in a new group. Return the new members.

    `reply_to` is an address that letters get as their Reply-To, or "" for none.
    """
    address = lookup.address(text)
    if lookup.has_group(connection, address):
        _set(connection, address, post, list_id, reply_to)
    else:
        _make(connection, address, post, list_id, reply_to)
    return _add_members(connection, address, members)


def _make(connection: Connection, address: str, post: str | None, list_id: bool | None, reply_to: str | None) -> None:
    lookup.check_domain_here(connection, names.domain_of(address))
    lookup.check_free(connection, address)
    row = {"address": address, "domain": names.domain_of(address), "post": "anyone", "list_id": False}
    facts = _facts(connection, post, list_id, reply_to)
    connection.execute(insert(_groups).values(row | facts))
    audit.record(connection, "group add", address, f"{address} is a group", **facts)


def _set(connection: Connection, address: str, post: str | None, list_id: bool | None, reply_to: str | None) -> None:
    facts = _facts(connection, post, list_id, reply_to)
    if facts:
        connection.execute(update(_groups).where(_groups.c.address == address).values(facts))
        words = f"{address}: " + ", ".join(f"{name.replace('_', '-')} {value}" for name, value in facts.items())
        audit.record(connection, "group add", address, words, **facts)


def _facts(connection: Connection, post: str | None, list_id: bool | None, reply_to: str | None) -> dict[str, Any]:
    if post not in (None, *POST):
        raise DirectoryError(f'"{post}" is not accepted as who may post; allowed: one of {", ".join(POST)}')
    given: dict[str, Any] = {"post": post, "list_id": list_id}
    facts = {name: value for name, value in given.items() if value is not None}
    if reply_to is not None:
        facts["reply_to"] = lookup.anywhere(connection, reply_to) if reply_to else None
    return facts


def _add_members(connection: Connection, address: str, members: Sequence[str]) -> tuple[str, ...]:
    known = members_of(connection, address)
    new = [one for one in dict.fromkeys(lookup.target(connection, member) for member in members) if one not in known]
    links.check_no_loop(connection, address, new)
    if new:
        connection.execute(insert(_members), [{"group_address": address, "member": member} for member in new])
        audit.record(connection, "group add", address, f"{', '.join(new)} joined {address}", members=new)
    return tuple(new)


def set_members(connection: Connection, text: str, members: Sequence[str]) -> None:
    """Let these be the members of a group, and no others."""
    address = lookup.address(text)
    wanted = {lookup.target(connection, member) for member in members}
    leaving = [member for member in members_of(connection, address) if member not in wanted]
    if leaving:
        delete(connection, address, leaving)
    _add_members(connection, address, members)


def members_of(connection: Connection, address: str) -> Sequence[str]:
    """Return who is in a group, in alphabetical order."""
    return sorted(connection.scalars(_MEMBERS_OF, {"value": address}))


def delete(connection: Connection, text: str, members: Collection[str] = ()) -> tuple[links.Loss, ...]:
    """Take members out of a group, or delete it; return what was lost. A group may be empty; then it takes no mail."""
    address = lookup.meant(connection, text)
    if not lookup.has_group(connection, address):
        raise DirectoryError(f"there is no group {address}; mailstead group list shows those there are")
    if not members:
        connection.execute(delete_from(_groups).where(_groups.c.address == address))
        audit.record(connection, "group delete", address, f"{address} is deleted")
        return links.lose_target(connection, address)
    leaving = [aliases.one_of(members_of(connection, address), address, member) for member in members]
    connection.execute(delete_from(_members).where(_members.c.group_address == address, _members.c.member.in_(leaving)))
    audit.record(connection, "group delete", address, f"{', '.join(leaving)} left {address}", members=leaving)
    return tuple(links.Loss(address, member, gone=False) for member in leaving)


def check_guarded(connection: Connection) -> None:
    """Refuse a way around who may post: an expression or a catch-all that leads to a group not everybody may write to.

    Postfix asks about addresses it can look up, and these have none. Checked at the end of every change.
    """
    guarded = set(connection.scalars(select(_groups.c.address).where(_groups.c.post != "anyone")))
    for name, target in _unnamed_ways(connection) if guarded else ():
        mailbox = follow.mailbox(target)
        reached = guarded.intersection([mailbox, *follow.reached(links.Aliases(connection), mailbox)])
        if reached:
            raise DirectoryError(f"{name} would lead around who may write to {min(reached)}; let a plain alias lead there")


def _unnamed_ways(connection: Connection) -> list[tuple[str, str]]:
    patterns, domains = schema.patterns.c, schema.domains.c
    expressions = connection.execute(select(patterns.pattern, patterns.domain, patterns.target))
    catch_alls = connection.execute(select(domains.name, domains.catch_all).where(domains.catch_all.is_not(None)))
    return [
        *((f"{pattern}@{domain}", target) for pattern, domain, target in expressions),
        *((f"the catch-all of {name}", target) for name, target in catch_alls),
    ]
