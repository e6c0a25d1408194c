"""A directory made equal to a declared one, by the functions people's own changes go through: the same rules, the same audit.

    outcome = apply(yaml_reading.read(data), settings, place)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..settings import Settings
from . import (
    HERE,
    Place,
    aliases,
    apply_accounts,
    apply_domains,
    apply_links,
    audit,
    change,
    domains,
    groups,
    mailboxes,
    passwords,
    patterns,
    relays,
    snapshot,
)
from .declaration import Declaration
from .differences import Difference, differences, undeclared, wanted
from .work import Found, Work, by_kind


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What was made. `passwords`: an address to the password generated for it; `kept`: a removed account's address to the
    folder its mail is to be moved to after the commit; `ended`: whose open sessions are to be ended; `undeclared`: what is
    here and was neither declared nor removed."""

    differences: tuple[Difference, ...] = ()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)
    kept: Mapping[str, str] = field(default_factory=dict)
    ended: tuple[str, ...] = ()
    undeclared: tuple[Difference, ...] = ()


def apply(
    declaration: Declaration, settings: Settings, place: Place = HERE, *, prune: bool = False, rehearse: bool = False
) -> Outcome:
    """Make the directory as declared, all or nothing, and project it; touch nothing where nothing differs.

    `rehearse`: see all that would be refused, and change nothing. DeclarationError with everything that is refused.
    """
    with change.reading(place) as connection:
        now = snapshot.read(connection)
    if not differences(now, declaration, settings, prune=prune):
        return Outcome(undeclared=() if prune else undeclared(now, declaration, settings))
    if rehearse:
        with change.rehearsal(settings, place) as connection:
            return make(connection, declaration, settings, prune=prune, hashed=lambda _password: "$not-hashed")
    with change.change(settings, place, audit.caller("apply")) as connection:
        outcome = make(connection, declaration, settings, prune=prune)
    for address, folder in outcome.kept.items():
        mailboxes.keep(place, address, folder)
    return outcome


def make(
    connection: Connection,
    declaration: Declaration,
    settings: Settings,
    *,
    prune: bool = False,
    hashed: Callable[[str], str] = passwords.hash,
) -> Outcome:
    """Make the directory as declared, in the caller's transaction. Each generated password costs what `hashed` costs.

    DeclarationError with everything that is refused; then the caller's transaction must not be committed.
    """
    now = snapshot.read(connection)
    found = differences(now, declaration, settings, prune=prune)
    work = Work(connection, settings, hashed)
    removed = [one for one in found if one.sign == "-"]
    for one in removed:
        _remove(work, one)
    # What leads to something that goes is lost with it; what of that is declared is made again.
    after = snapshot.read(connection) if removed else now
    left = differences(after, declaration, settings) if removed else found
    _make(work, wanted(after, declaration), by_kind(left))
    work.check()
    rest = () if prune else undeclared(now, declaration, settings)
    return Outcome(differences=found, passwords=work.passwords, kept=work.kept, ended=tuple(work.ended), undeclared=rest)


def _make(work: Work, want: Declaration, found: Found) -> None:
    apply_domains.make(work, want.domains or (), found["domain"])
    apply_accounts.make(work, want.accounts or (), found["account"])
    apply_links.make(work, want, found)
    apply_domains.lead(work, want.domains or (), found["domain"])
    for one in want.relays or ():
        if one.domain in found["relay"]:
            with work.at("relay", one.domain):
                relays.set(work.connection, one)


def _remove(work: Work, one: Difference) -> None:
    with work.at(one.kind, one.name):
        if one.kind == "relay":
            relays.delete(work.connection, one.name)
        elif one.kind == "account":
            apply_accounts.remove(work, one.name)
        elif one.kind == "domain":
            domains.delete(work.connection, one.name, settings_domains=work.settings.domains)
        elif one.kind == "group":
            groups.delete(work.connection, one.name)
        elif one.kind == "alias" and aliases.targets_of(work.connection, one.name):  # else it went with what it led to
            aliases.delete(work.connection, one.name)
        elif one.kind == "expression" and patterns.targets_of(work.connection, *patterns.read(one.name)):
            patterns.delete(work.connection, one.name)
