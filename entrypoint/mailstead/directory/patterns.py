"""Aliases whose local part is a regular expression, for addresses nothing else is at. In the caller's transaction.

The expression is what Python's re and Postfix's pcre_table(5) read alike, and must match the whole local part, which is one
without a +detail; letter case does not matter. Its domain is a plain one of ours, so that it can match no address elsewhere.
"""

import re
import warnings
from collections.abc import Collection, Sequence

from sqlalchemy import Connection, insert, select
from sqlalchemy import delete as delete_from

from . import DirectoryError, aliases, audit, links, lookup, schema

_patterns = schema.patterns
# No blank, which ends an expression in Postfix's table, no / and @, and no escape or group that the two read differently.
_SIGNS = re.compile(r"(?:[A-Za-z0-9._=&~#'}|)*+?^$,-]|\{(?!,)|\((?:\?:|(?![?*]))|\[(?!\[)|\]|\\[dw.+*?^$|()\[\]{}-])+", re.ASCII)
ALLOWED = (
    r"a regular expression for the part before the @, and a domain, such as sales-[0-9]+@example.org "
    r"(letters, digits, . [] () (?:) | * + ? {} ^ $ \d \w and \ before a sign)"
)
_LONGEST = 254


def add(connection: Connection, text: str, targets: Sequence[str]) -> tuple[str, ...]:
    """Let all addresses that match PATTERN@DOMAIN lead to some targets; return the targets that are new."""
    pattern, domain = read(text)
    lookup.check_domain_here(connection, domain)
    known = targets_of(connection, pattern, domain)
    new = tuple(one for one in dict.fromkeys(lookup.target(connection, one) for one in targets) if one not in known)
    for target in new:
        connection.execute(insert(_patterns).values(pattern=pattern, domain=domain, target=target))
    if new:
        name = f"{pattern}@{domain}"
        audit.record(connection, "alias add", name, f"what matches {name} leads to {', '.join(new)}", targets=new)
    return new


def delete(connection: Connection, text: str, targets: Collection[str] = ()) -> tuple[links.Loss, ...]:
    """Delete some targets of a pattern, or all of it; return what it lost."""
    pattern, domain = read(text)
    name, known = f"{pattern}@{domain}", targets_of(connection, pattern, domain)
    if not known:
        raise DirectoryError(f"there is no expression {name}; mailstead alias list shows those there are")
    unwanted = [aliases.one_of(known, name, target) for target in targets] or known
    this = (_patterns.c.pattern == pattern) & (_patterns.c.domain == domain)
    connection.execute(delete_from(_patterns).where(this & _patterns.c.target.in_(unwanted)))
    audit.record(connection, "alias delete", name, f"{name} does not lead to {', '.join(unwanted)}", targets=unwanted)
    gone = len(unwanted) == len(known)
    return tuple(links.Loss(name, target, gone and target == unwanted[-1]) for target in unwanted)


def targets_of(connection: Connection, pattern: str, domain: str) -> Sequence[str]:
    """Return where a pattern leads, oldest first; nothing if there is none."""
    this = (_patterns.c.pattern == pattern) & (_patterns.c.domain == domain)
    return connection.scalars(select(_patterns.c.target).where(this).order_by(_patterns.c.id)).all()


def read(text: str) -> tuple[str, str]:
    """Return the expression and the domain of PATTERN@DOMAIN; DirectoryError with what is wrong."""
    pattern, _, domain = text.rpartition("@")
    if not _SIGNS.fullmatch(pattern) or len(text) > _LONGEST:
        raise DirectoryError(f'"{text}" is not accepted; allowed: {ALLOWED}')
    _check_compiles(text, pattern)
    return pattern, lookup.domain(domain)


def _check_compiles(text: str, pattern: str) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # what Python only doubts, such as a set within a set
            compiled = re.compile(pattern, re.ASCII | re.IGNORECASE)
    except (re.error, RecursionError, OverflowError, Warning) as error:
        raise DirectoryError(f'"{text}" is not accepted: {error}') from None
    if compiled.fullmatch(""):
        raise DirectoryError(f'"{text}" is not accepted: it matches an empty name')
