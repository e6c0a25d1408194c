"""postfix-regexp.cf: `/expression/ target`, a pcre_table(5) over whole addresses.

Ours are for the local part, and their domain is a plain one: an expression is taken where it can be read as both.
"""

import re

from ...directory import DirectoryError
from ...directory import patterns as stored
from .. import lines
from ..found import Found, Led
from ..report import Line, Report

_RULE = re.compile(r"/((?:[^/\\]|\\.)+)/(\S*)\s+(\S.*)")
_DOMAIN = re.compile(r"[A-Za-z0-9-]+(?:\\?\.[A-Za-z0-9-]+)+\$?", re.ASCII)
_NOT_OUTSIDE = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
_GROUP = re.compile(r"\([^()]*\)")


class _CannotError(Exception):
    """Why an expression is not taken."""


def read(file: str, content: bytes, found: Found, report: Report) -> None:
    """Read the expressions that ours can hold; the report says of each other one what it has too much."""
    for line in lines.joined(file, content, report):
        try:
            key, targets = _rule(line)
        except (_CannotError, DirectoryError) as error:
            report.left_out(line, line.text, str(error))
            continue
        before = found.patterns.get(key)
        if before:
            report.left_out(line, line.text, f"line {before.line.number} is about it already, and holds")
        else:
            found.patterns[key] = Led(line, targets)


def _rule(line: Line) -> tuple[tuple[str, str], tuple[str, ...]]:
    rule = _RULE.fullmatch(line.text)
    if rule is None:
        raise _CannotError("only rules of the form /expression/ target are taken")
    expression, flags, targets = rule.groups()
    if flags:
        raise _CannotError(f"the flags {flags} have no counterpart")
    if "$" in targets:
        raise _CannotError("a target made of what the expression matched ($1) has no counterpart")
    return stored.read(_local_and_domain(expression)), tuple(dict.fromkeys(lines.words(targets)))


def _local_and_domain(expression: str) -> str:
    local, at, domain = expression.replace(r"\@", "@").rpartition("@")
    if not at or not _DOMAIN.fullmatch(domain):
        raise _CannotError("what comes after the @ must be one domain as it is, such as example\\.org")
    if _has_outer_choice(local):
        raise _CannotError("a choice (|) outside parentheses is between whole addresses, and ours is before the @")
    begun = local.removeprefix("^") if local.startswith("^") else f".*{local}".replace(".*.*", ".*")
    return f"{begun}@{domain.removesuffix('$').replace(chr(92), '')}"


def _has_outer_choice(local: str) -> bool:
    outside = _NOT_OUTSIDE.sub("", local)
    while (fewer := _GROUP.sub("", outside)) != outside:
        outside = fewer
    return "|" in outside
