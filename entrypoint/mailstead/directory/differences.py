"""What differs between a directory and a declared one. Pure."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..kinds import size_words
from ..settings import Settings
from .canonical import canonical, homes_of, one_form
from .declaration import Declaration, DeclaredAccount
from .snapshot import Account, Domain, Group, Pattern, Relay, Snapshot

_ACCOUNT = ("name", "quota", "enabled", "may_send")
_SIZES = ("quota", "total_quota")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A field of something that changes, in words; of a password there are none."""

    field: str
    before: str = ""
    after: str = ""

    def __str__(self) -> str:
        return f"{self.field} {self.before} -> {self.after}" if self.after else f"new {self.field}"

    @property
    def value(self) -> str:
        """What something new has."""
        return f"{self.field} {self.after}"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One thing to do: `sign` is + (make), - (remove) or ~ (change).

    `kind` is domain, account, alias, group, expression or relay.
    """

    sign: str
    kind: str
    name: str
    changes: tuple[Change, ...] = ()

    def __str__(self) -> str:
        words = [change.value if self.sign == "+" else str(change) for change in self.changes]
        return f"{self.sign} {self.kind} {self.name}" + (f": {', '.join(words)}" if words else "")

    @property
    def fields(self) -> set[str]:
        """Which fields change."""
        return {change.field for change in self.changes}


def differences(now: Snapshot, declaration: Declaration, settings: Settings, *, prune: bool = False) -> tuple[Difference, ...]:
    """Return what is to be done to make a directory as declared; with `prune`, also what is to be removed, first.

    DirectoryError if something declared is no address.
    """
    removed = undeclared(now, declaration, settings) if prune else ()
    want = wanted(now, declaration, {one.name for one in removed if one.kind == "domain"})
    return (
        *removed,
        *_domains(now, want.domains or ()),
        *_accounts(now, want.accounts or ()),
        *_aliases(now, want.aliases or {}),
        *_groups(now, want.groups or ()),
        *_expressions(now, want.patterns or ()),
        *_relays(now, want.relays or ()),
    )


def wanted(now: Snapshot, declaration: Declaration, removed: Collection[str] = ()) -> Declaration:
    """Return a declaration in the forms in which the directory keeps it (canonical.py); `removed`: the domains that go."""
    homes = homes_of([*(one for one in now.domains if one.name not in removed), *(declaration.domains or ())])
    return canonical(declaration, now, homes)


def undeclared(now: Snapshot, declaration: Declaration, settings: Settings) -> tuple[Difference, ...]:
    """Return what is here and not declared, in the order in which it can be removed.

    Never what is at the postmaster's address, nor a domain that MAIL_DOMAINS names: the next start would make it again.
    """
    declared = _declared(declaration)
    stays = {one_form(settings.postmaster, homes_of(now.domains)), *settings.domains}
    return tuple(
        Difference(sign="-", kind=kind, name=name)
        for kind, listed in _here(now).items()
        if declared[kind] is not None
        for name in listed
        if name not in declared[kind] and (kind == "relay" or name not in stays)
    )


def _here(now: Snapshot) -> Mapping[str, Sequence[str]]:
    people = {one.address for one in now.accounts}
    return {
        "relay": [one.domain for one in now.relays],
        "account": sorted(people),
        "group": [one.address for one in now.groups],
        "alias": [address for address in now.aliases if address not in people],
        "expression": [expression(one) for one in now.patterns],
        "domain": [one.name for one in sorted(now.domains, key=lambda one: one.alias_of is None)],  # aliases first
    }


def _declared(declaration: Declaration) -> Mapping[str, Collection[str] | None]:
    accounts, groups, patterns, domains = declaration.accounts, declaration.groups, declaration.patterns, declaration.domains
    return {
        "account": None if accounts is None else {one.address for one in accounts},
        "group": None if groups is None else {one.address for one in groups},
        "alias": declaration.aliases,
        "expression": None if patterns is None else {expression(one) for one in patterns},
        "domain": None if domains is None else {one.name for one in domains},
        "relay": None if declaration.relays is None else {one.domain for one in declaration.relays},
    }


def expression(one: Pattern) -> str:
    """Return the name of an expression: PATTERN@DOMAIN."""
    return f"{one.pattern}@{one.domain}"


def _domains(now: Snapshot, want: Iterable[Domain]) -> Iterator[Difference]:
    here = {one.name: one for one in now.domains}
    for one in want:
        before = here.get(one.name)
        yield from _difference("domain", one.name, before and vars(before), vars(one), vars(Domain(name=one.name)))


def _accounts(now: Snapshot, want: Iterable[DeclaredAccount]) -> Iterator[Difference]:
    here = {one.address: one for one in now.accounts}
    for one in want:
        before = here.get(one.address)
        facts = before and _facts(before, now.aliases.get(one.address, ()))
        password = [Change(field="password")] if before and _has_new_password(before, one) else []
        new = _facts(DeclaredAccount(typed=one.typed), ())
        yield from _difference("account", one.address, facts, _facts(one, one.targets), new, password)


def _facts(one: Account | DeclaredAccount, targets: Sequence[str]) -> dict[str, Any]:
    forward = (*targets, *(() if one.keeps_copy or not targets else ("without a copy",)))
    return {name: getattr(one, name) for name in _ACCOUNT} | {"senders": one.senders, "forward": forward}


def _has_new_password(before: Account, one: DeclaredAccount) -> bool:
    # A first password is given once: whoever has changed it keeps what he has.
    given = one.password_hash is not None and not one.must_change
    return given and (before.password_hash != one.password_hash or before.must_change)


def _aliases(now: Snapshot, want: Mapping[str, tuple[str, ...]]) -> Iterator[Difference]:
    for address, targets in want.items():
        before = now.aliases.get(address)
        yield from _difference("alias", address, before and {"targets": before}, {"targets": targets}, {"targets": ()})


def _groups(now: Snapshot, want: Iterable[Group]) -> Iterator[Difference]:
    here = {one.address: one for one in now.groups}
    for one in want:
        before = here.get(one.address)
        yield from _difference("group", one.address, before and vars(before), vars(one), vars(Group(address=one.address)))


def _expressions(now: Snapshot, want: Sequence[Pattern]) -> Iterator[Difference]:
    here = {expression(one): set(one.targets) for one in now.patterns}
    declared = {expression(one) for one in want}
    order = [expression(one) for one in now.patterns if expression(one) in declared]
    moved = False
    for number, one in enumerate(want):
        name = expression(one)
        # From the first that is out of its place, each is made anew behind the last.
        moved = moved or order[number : number + 1] != [name] or here[name] != set(one.targets)
        place = [Change(field="place")] if moved and here.get(name) == set(one.targets) else []
        before = {"targets": tuple(sorted(here[name]))} if name in here else None
        yield from _difference("expression", name, before, {"targets": tuple(sorted(one.targets))}, {"targets": ()}, place)


def _relays(now: Snapshot, want: Iterable[Relay]) -> Iterator[Difference]:
    here = {one.domain: one for one in now.relays}
    for one in want:
        before = here.get(one.domain)
        password = [Change(field="password")] if before and one.password != before.password else []
        new = _shown(Relay(domain=one.domain, host=""))
        yield from _difference("relay", one.domain, before and _shown(before), _shown(one), new, password)


def _shown(one: Relay) -> dict[str, Any]:
    return {name: value for name, value in vars(one).items() if name != "password"}


def _difference(
    kind: str,
    name: str,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any],
    new: Mapping[str, Any],
    more: Sequence[Change] = (),
) -> Iterator[Difference]:
    """Yield the difference between two states of something, if there is one; `before` is None for what is not here,
    and `new` is the state in which something new begins."""
    was = new if before is None else before
    changes = [
        Change(field=field, before=_words(field, was[field]), after=_words(field, value))
        for field, value in after.items()
        if was[field] != value
    ]
    if before is None or changes or more:
        yield Difference(sign="+" if before is None else "~", kind=kind, name=name, changes=(*changes, *more))


def _words(field: str, value: Any) -> str:
    if value is None:
        return "default" if field == "quota" else "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value) or "none"
    return size_words(value) if field in _SIZES else f'"{value}"' if field == "name" else str(value)
