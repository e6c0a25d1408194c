"""What accounts may: dovecot-quotas.cf (`user@domain:5G`), postfix-send-access.cf and postfix-receive-access.cf."""

import re

from ... import names
from .. import lines
from ..found import Found
from ..report import Line, Report

UNLIMITED = 2**50
"""1024T: what stands for no limit, since every account has one here."""

_UNITS = {"": 1, "B": 1, "K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
_SIZE = re.compile(r"([0-9]{1,12})([BKMGT]?)", re.ASCII | re.IGNORECASE)


def quotas(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read how much each account may keep; 0 is no limit."""
    seen: dict[str, Line] = {}
    for line in lines.read(file, content, report):
        text, _, size = line.text.rpartition(":")
        address, match = _account(text, line, found, report), _SIZE.fullmatch(size.strip())
        if address is None or not lines.first(seen, address, line, report):
            continue
        if match is None:
            report.left_out(line, line.text, "this is no size; allowed: a number with B, k, M, G or T behind it, or 0")
            continue
        _limit(line, address, match, found, report)


def _limit(line: Line, address: str, match: re.Match, found: Found, report: Report) -> None:
    size = int(match[1]) * _UNITS[match[2].upper()]
    found.accounts[address].quota = min(size or UNLIMITED, UNLIMITED)
    if 0 < size <= UNLIMITED:
        report.taken(line, address, f"may keep {match[0]}")
    else:
        report.changed(line, address, "had no limit; every account has one here, and this one's is 1024T")


def send_access(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read who may not send."""
    for line in lines.joined(file, content, report):
        key, action = lines.fields(line.text)
        if not action.upper().startswith("REJECT"):
            report.left_out(line, line.text, "only REJECT has a counterpart here")
        elif address := _account(key, line, found, report):
            found.accounts[address].may_send = False
            report.taken(line, address, "may not send")


def receive_access(file: str, content: bytes, _found: Found, report: Report) -> None:
    """Say that whoever has an account here receives mail."""
    for line in lines.joined(file, content, report):
        report.left_out(line, line.text, "an account that receives nothing has no counterpart; a domain can: domain add --null")


def _account(text: str, line: Line, found: Found, report: Report) -> str | None:
    try:
        address = names.address(text.strip())
    except ValueError:
        report.left_out(line, line.text, f"this is not about {names.ADDRESS_ALLOWED}")
        return None
    if address not in found.accounts:
        report.left_out(line, line.text, "there is no such account in postfix-accounts.cf")
        return None
    return address
