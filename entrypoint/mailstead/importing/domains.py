"""The domains there are to be: those of the directory, those with addresses of their own, and those that are another's alias."""

from dataclasses import replace

from .. import names
from ..directory.snapshot import Domain, Snapshot
from .found import Found, Led
from .leading import Leading
from .report import Report


def named_by(found: Found) -> list[str]:
    """Return the domains that what was found speaks of, in alphabetical order."""
    own = {names.domain_of(one) for one in (*found.accounts, *found.aliases)}
    return sorted(own | found.catch_alls.keys() | found.same.keys())


def joined(now: Snapshot, found: Found, report: Report) -> dict[str, Domain]:
    """Return the domains by name, and say of each that was the same as another whether it is so here."""
    here = {one.name: one for one in now.domains}
    own = _with_addresses(now, found)
    here |= {name: Domain(name=name) for name in own - here.keys()}
    for name, led in list(found.same.items()):
        other = led.targets[0][1:].lower()
        if _is_free(name, other, own, here):
            here[name] = Domain(name=name, alias_of=other)
            report.taken(led.line, led.line.text, f"every address at {name} is the same one at {other}")
        else:
            del found.same[name]
            words = "two domains are one only where the first has no addresses of its own, and the second is here"
            report.left_out(led.line, led.line.text, words)
    return here


def _with_addresses(now: Snapshot, found: Found) -> set[str]:
    here = (*(one.address for one in now.accounts), *(one.address for one in now.groups), *now.aliases)
    addresses = (*here, *found.accounts, *found.aliases)
    patterns = {*(one.domain for one in now.patterns), *(domain for _, domain in found.patterns)}
    # An expression is no reason to have a domain: what it matches there is for somebody else to say.
    here_already = {one.name for one in now.domains}
    return {names.domain_of(one) for one in addresses} | found.catch_alls.keys() | (patterns & here_already)


def _is_free(name: str, other: str, own: set[str], here: dict[str, Domain]) -> bool:
    led_to = {one.alias_of for one in here.values()}
    return name not in own and name not in led_to and other in here and other != name and not here[other].alias_of


def set_catch_alls(here: dict[str, Domain], leading: Leading, found: Found, report: Report) -> None:
    """Give domains the address that gets the rest of their mail."""
    for name, led in list(found.catch_alls.items()):
        if here[name].alias_of:
            del found.catch_alls[name]
            report.left_out(led.line, led.line.text, f"{name} is an alias of {here[name].alias_of} here")
        else:
            _set_catch_all(here, name, led, leading, report)


def _set_catch_all(here: dict[str, Domain], name: str, led: Led, leading: Leading, report: Report) -> None:
    for target in leading.known(f"@{name}", led):
        here[name] = replace(here[name], catch_all=target)
        words = f"{target} gets what is at no other address of {name}; accounts and aliases always get their own mail"
        report.taken(led.line, led.line.text, words)
