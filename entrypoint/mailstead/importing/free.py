"""Places that something else has already."""

from collections.abc import Callable

from .. import names
from ..directory.snapshot import Snapshot
from .found import Found
from .report import Report

Why = Callable[[str], str | None]


def drop_taken(now: Snapshot, found: Found, report: Report) -> None:
    """Take out of what was found what has no place in the directory, and say why."""
    why_not, why_no_account = _why_not(now), _why_no_account(now)
    for address, account in list(found.accounts.items()):
        why = why_no_account(address) or why_not(address)
        if why:
            report.left_out(account.line, address, why)
            del found.accounts[address]
    for address, led in list(found.aliases.items()):
        why = why_not(address)
        if why:
            report.left_out(led.line, address, why)
            del found.aliases[address]


def _why_no_account(now: Snapshot) -> Why:
    aliases = now.aliases.keys() - {one.address for one in now.accounts}
    return lambda address: f"an alias is there; delete it first: mailstead alias delete {address}" if address in aliases else None


def _why_not(now: Snapshot) -> Why:
    groups = {one.address for one in now.groups}
    same = {one.name: one.alias_of for one in now.domains if one.alias_of}

    def why(address: str) -> str | None:
        domain = names.domain_of(address)
        if domain in same:
            return f"{domain} is an alias of {same[domain]} here"
        return f"a group is there; delete it first: mailstead group delete {address}" if address in groups else None

    return why
