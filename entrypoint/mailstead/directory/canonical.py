"""A declaration in the directory's own forms, so that the two can be compared. Pure.

As the functions of the directory would store it: targets in their one form, an alias at the address of an account as the
account's forwarding, an account's own address among its targets as the copy it keeps.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from . import lookup
from .declaration import Declaration, DeclaredAccount
from .snapshot import Domain, Group, Pattern, Snapshot

Homes = Mapping[str, str | None]
"""The domains that are here, or will be, and what each is an alias of."""


def canonical(declaration: Declaration, now: Snapshot, homes: Homes) -> Declaration:
    """Return a declaration as it would be stored; DirectoryError if something in it is no address."""
    others = {one.address for one in now.accounts} - {one.address for one in declaration.accounts or ()}
    aliases = dict(declaration.aliases or {})
    accounts = [_account(one, aliases.pop(one.address, ()), homes) for one in declaration.accounts or ()]
    targets = {address: _targets(to, homes) for address, to in aliases.items()}
    plain = {address: _without(to, address) if address in others else to for address, to in targets.items()}
    return Declaration(
        domains=declaration.domains and tuple(_domain(one, homes) for one in declaration.domains),
        accounts=None if declaration.accounts is None else tuple(accounts),
        aliases=None if declaration.aliases is None else plain,
        groups=declaration.groups and tuple(_group(one, homes) for one in declaration.groups),
        patterns=declaration.patterns and tuple(_pattern(one, homes) for one in declaration.patterns),
        relays=declaration.relays,
    )


def homes_of(domains: Sequence[Domain]) -> Homes:
    """Return what each domain is an alias of."""
    return {one.name: one.alias_of for one in domains}


def _account(one: DeclaredAccount, more: Sequence[str], homes: Homes) -> DeclaredAccount:
    targets = _targets((*one.targets, *more), homes)
    others = _without(targets, one.address)
    keeps_copy = one.keeps_copy or others != targets or not others
    senders = tuple(sorted({one_form(sender, homes).lower() for sender in one.senders}))
    return replace(one, targets=others, keeps_copy=keeps_copy, senders=senders)


def _domain(one: Domain, homes: Homes) -> Domain:
    places = {name: getattr(one, name) for name in ("catch_all", "postmaster")}
    return replace(one, **{name: text and one_form(text, homes) for name, text in places.items()})


def _group(one: Group, homes: Homes) -> Group:
    return replace(one, members=_targets(one.members, homes), reply_to=one.reply_to and one_form(one.reply_to, homes))


def _pattern(one: Pattern, homes: Homes) -> Pattern:
    return replace(one, targets=tuple(dict.fromkeys(one_form(target, homes) for target in one.targets)))


def _targets(texts: Sequence[str], homes: Homes) -> tuple[str, ...]:
    return tuple(sorted({one_form(text, homes) for text in texts}))


def _without(targets: tuple[str, ...], address: str) -> tuple[str, ...]:
    return tuple(target for target in targets if target != address)


def one_form(text: str, homes: Homes) -> str:
    """Return an address, here or elsewhere, in its one form; one in a domain's alias becomes the domain's own."""
    local, name = lookup.written(text)
    return f"{local.lower()}@{homes[name] or name}" if name in homes else f"{local}@{name}"
