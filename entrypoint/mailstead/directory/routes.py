"""Where mail goes: every address, every expression, every domain. Pure."""

import re
from collections.abc import Iterator, Mapping, Sequence

from .. import names
from ..settings import Settings
from . import ROLES
from .snapshot import Account, Domain, Pattern, Snapshot
from .twins import all_of, others, twins

Routes = Mapping[str, Sequence[str]]
"""An address, or `@` and a domain, to the addresses its mail goes to."""

_ALWAYS = ("postmaster", "abuse")  # what even a domain that receives no mail must read (RFC 5321, 4.5.1; RFC 2142, 4)


def files(snapshot: Snapshot, settings: Settings, found: Routes) -> Mapping[str, Mapping[str, str] | list[str]]:
    """Return the expressions, the table of the addresses (`found` by `routes`) and that of the domains."""
    return {
        "patterns": expressions((one, ",".join(one.targets)) for one in in_all_domains(snapshot)),
        "addresses": {address: ",".join(targets) for address, targets in found.items()},
        "domains": dict.fromkeys([settings.hostname, *(one.name for one in snapshot.domains)], "OK"),
    }


def mailbox(address: str) -> str:
    """Return the folder of an address below /var/mail."""
    return f"{names.domain_of(address)}/{names.local_part_of(address)}"


def routes(snapshot: Snapshot, settings: Settings) -> Routes:
    """Return where each address leads; a mailbox leads to itself, so that no catch-all swallows it."""
    known = twins(snapshot)
    real = _received({**_role_routes(snapshot, settings), **own_routes(snapshot)}, snapshot)
    same = {twin: (address,) for address in real for twin in others(address, known)}
    return same | real | _catch_alls(snapshot.domains)


def names_only(found: Routes, snapshot: Snapshot) -> Routes:
    """Return the routes that are but another name of something: no mailbox, no group, no catch-all."""
    places = {*(one.address for one in snapshot.accounts), *(one.address for one in snapshot.groups)}
    return {address: to for address, to in found.items() if address not in places and not address.startswith("@")}


def own_routes(snapshot: Snapshot) -> Routes:
    """Return where the accounts, aliases and groups of the directory lead."""
    mailboxes = {one.address: _kept_and_forwarded(one, snapshot.aliases.get(one.address, ())) for one in snapshot.accounts}
    groups = {one.address: one.members for one in snapshot.groups if one.members}
    return {**snapshot.aliases, **groups, **mailboxes}


def _kept_and_forwarded(account: Account, targets: Sequence[str]) -> Sequence[str]:
    return (account.address, *targets) if account.keeps_copy or not targets else targets


def _role_routes(snapshot: Snapshot, settings: Settings) -> Routes:
    taken = {settings.postmaster, *(one.address for one in snapshot.groups)}
    people = {one.name: one.postmaster or settings.postmaster for one in snapshot.domains if not one.alias_of}
    aliases = {one.name for one in snapshot.domains if one.alias_of}
    at_server = {} if settings.hostname in aliases else {settings.hostname: settings.postmaster}
    pairs = [(f"{role}@{name}", postmaster) for name, postmaster in {**at_server, **people}.items() for role in ROLES]
    return {role: (postmaster,) for role, postmaster in pairs if role not in taken and role != postmaster}


def _received(found: Routes, snapshot: Snapshot) -> Routes:
    closed = {one.name for one in snapshot.domains if not one.receives}
    if not closed:
        return found
    always = {f"{role}@{name}" for name in closed for role in _ALWAYS}
    return {address: to for address, to in found.items() if names.domain_of(address) not in closed or address in always}


def _catch_alls(domains: Sequence[Domain]) -> Routes:
    by_name = {one.name: one for one in domains}
    meant = ((one.name, by_name[one.alias_of or one.name]) for one in domains)
    return {f"@{name}": (domain.catch_all,) for name, domain in meant if domain.catch_all and domain.receives}


def in_all_domains(snapshot: Snapshot) -> Iterator[Pattern]:
    """Yield each pattern, and then the same in each domain that is an alias of its own; none where no mail is received."""
    known = twins(snapshot)
    open_to_mail = {one.name for one in snapshot.domains if one.receives}
    for one in snapshot.patterns:
        if one.domain in open_to_mail:
            for address in all_of(f"x@{one.domain}", known):
                yield Pattern(pattern=one.pattern, domain=names.domain_of(address), targets=one.targets)


def expressions(found: Iterator[tuple[Pattern, str]]) -> list[str]:
    """Return the lines of a pcre_table(5): patterns and what they stand for, tried in this order.

    Never an address with a +detail: Postfix asks expressions before it asks tables without the detail, so that one for
    somebody who exists would be taken.
    """
    lines = [f"/^(?:{one.pattern})@{re.escape(one.domain)}$/ {value}" for one, value in found]
    return ["if !/[+]/", *lines, "endif"] if lines else []
