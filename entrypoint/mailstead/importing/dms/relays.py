"""Relays of single domains: postfix-relaymap.cf (`@domain [host]:port`), postfix-sasl-password.cf (`@domain user:password`).

Read in this order. What is for a single sender, a server or a domain without a way of its own has no counterpart; such a file is
kept whole.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from ... import names
from .. import lines
from ..found import Found, FoundRelay
from ..report import Line, Report
from . import kept

_PLACE = re.compile(r"\[?([A-Za-z0-9.-]+)\]?(?::([0-9]{1,5}))?", re.ASCII)


def ways(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read by which server the mail of each domain leaves."""
    _each(file, content, found, report, _way)


def logins(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read the login of each domain at its relay."""
    _each(file, content, found, report, _login)


def _each(file: str, content: bytes, found: Found, report: Report, take: Callable[[str, str, Line, Found], str | None]) -> None:
    seen: dict[str, Line] = {}
    refused = False
    for line in lines.joined(file, content, report):
        key, rest = lines.fields(line.text)
        said = take(key, rest, line, found) if lines.first(seen, key.lower(), line, report) else None
        if said:
            refused = True
            report.left_out(line, key, said)
    if refused:
        kept.relays(file, content, found, report)


def _way(key: str, rest: str, line: Line, found: Found) -> str | None:
    match = _PLACE.fullmatch(rest)
    domain, host = _domain(key), match and _domain(f"@{match[1]}")
    if not domain:
        return "only a whole domain has a relay of its own here (@example.org)"
    if not match or not host or not 0 < int(match[2] or 25) < 65536:
        return "this is no [host]:port; mail of a domain without a relay of its own leaves by MAIL_RELAY_HOST, or directly"
    found.relays[domain] = FoundRelay(line=line, host=host, port=int(match[2] or 25))
    return None


def _login(key: str, rest: str, _line: Line, found: Found) -> str | None:
    login, colon, password = rest.partition(":")
    domain = _domain(key)
    if domain not in found.relays:
        return "a login belongs to a domain that has a relay of its own here; type: mailstead relay add"
    if not login or not colon or not password:
        return "this is no user:password"
    found.relays[domain] = replace(found.relays[domain], login=login, password=password)
    return None


def _domain(key: str) -> str | None:
    try:
        return names.domain(key.removeprefix("@")) if key.startswith("@") else None
    except ValueError:
        return None
