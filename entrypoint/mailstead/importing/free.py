"""Places that something else has already."""

from .. import names
from ..directory.snapshot import Snapshot
from .found import Found
from .report import Report


def drop_taken(now: Snapshot, found: Found, report: Report) -> None:
    """Take out of what was found what has no place in the directory, and say why."""
    for address, account in list(found.accounts.items()):
        why = _why_no_account(now, address)
        if why:
            report.left_out(account.line, address, why)
            del found.accounts[address]
            found.aliases.pop(address, None)
    for address, led in list(found.aliases.items()):
        why = _why_nothing(now, address)
        if why:
            report.left_out(led.line, address, why)
            del found.aliases[address]


def _why_no_account(now: Snapshot, address: str) -> str | None:
    accounts = {one.address for one in now.accounts}
    if address in now.aliases and address not in accounts:
        return f"an alias is there; delete it first: mailstead alias delete {address}"
    return _why_nothing(now, address)


def _why_nothing(now: Snapshot, address: str) -> str | None:
    if address in {one.address for one in now.groups}:
        return f"a group is there; delete it first: mailstead group delete {address}"
    same = {one.name: one.alias_of for one in now.domains if one.alias_of}
    domain = names.domain_of(address)
    return f"{domain} is an alias of {same[domain]} here" if domain in same else None
