"""Declared aliases, groups, forwarding and expressions made: all that leads somewhere."""

import functools
import graphlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from . import accounts, aliases, follow, groups, patterns
from .declaration import Declaration, DeclaredAccount
from .differences import Difference, expression
from .snapshot import Group, Pattern
from .work import Found, Work


@dataclass(frozen=True)
class _Act:
    """Something to make: where it leads, and how it is made."""

    kind: str
    to: Sequence[str]
    run: Callable[[], object]


def make(work: Work, want: Declaration, found: Found) -> None:
    """Make what differs, each after what it leads to: then nothing leads to what is not there yet, and nothing that is made
    closes a loop with a link that is about to go."""
    acts = dict(_acts(work, want, found))
    here = {name: {mailbox for mailbox in map(follow.mailbox, act.to) if mailbox in acts} for name, act in acts.items()}
    try:
        order = tuple(graphlib.TopologicalSorter(here).static_order())
    except graphlib.CycleError as error:
        by_way_of, name = error.args[1][:2]
        work.refuse(acts[name].kind, name, f"mail for {name} would come back to it by way of {by_way_of}")
        return
    for name in order:
        with work.at(acts[name].kind, name):
            acts[name].run()
    _make_expressions(work, want.patterns or (), found["expression"])


def _acts(work: Work, want: Declaration, found: Found) -> Iterator[tuple[str, _Act]]:
    for one in want.accounts or ():
        if one.address in found["account"] and "forward" in found["account"][one.address].fields:
            yield one.address, _Act("account", one.targets, functools.partial(_forward, work, one))
    for address, targets in (want.aliases or {}).items():
        if address in found["alias"]:
            yield address, _Act("alias", targets, functools.partial(aliases.set_targets, work.connection, address, targets))
    for group in want.groups or ():
        if group.address in found["group"]:
            yield group.address, _Act("group", group.members, functools.partial(_make_group, work, group))


def _forward(work: Work, one: DeclaredAccount) -> None:
    accounts.forward(work.connection, one.address, one.targets, keeps_copy=one.keeps_copy)


def _make_group(work: Work, one: Group) -> None:
    facts = {"post": one.post, "list_id": one.list_id, "reply_to": one.reply_to or ""}
    groups.add(work.connection, one.address, (), **facts)
    groups.set_members(work.connection, one.address, one.members)


def _make_expressions(work: Work, declared: Sequence[Pattern], found: Mapping[str, Difference]) -> None:
    for one in declared:
        name = expression(one)
        if name in found:
            with work.at("expression", name):
                if found[name].sign == "~":
                    patterns.delete(work.connection, name)
                patterns.add(work.connection, name, one.targets)
