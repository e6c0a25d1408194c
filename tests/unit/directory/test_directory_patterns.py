"""Aliases by an expression: what is taken, what is refused, and that Python and Postfix mean the same."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from mailstead.directory import DirectoryError, deleted, patterns, snapshot
from mailstead.directory.links import Loss
from mailstead.directory.snapshot import Pattern


def found(connection: Connection) -> tuple[Pattern, ...]:
    """Return the patterns in the order in which they are tried."""
    return snapshot.read(connection).patterns


def test_an_expression_leads_to_several(connection: Connection):
    """Targets come beside those that are there; the first that was made is tried first."""
    patterns.add(connection, "sales-[0-9]+@Example.org", ["Alice@example.org"])
    patterns.add(connection, "a.*@example.net", ["x@elsewhere.example"])
    assert patterns.add(connection, "sales-[0-9]+@example.org", ["alice@example.org", "bob@example.org"]) == ("bob@example.org",)

    assert found(connection) == (
        Pattern(pattern="sales-[0-9]+", domain="example.org", targets=("alice@example.org", "bob@example.org")),
        Pattern(pattern="a.*", domain="example.net", targets=("x@elsewhere.example",)),
    )


def test_an_expression_loses_targets_one_by_one_or_all(connection: Connection):
    """By its own verb, or because an account goes."""
    for name in ("a.*@example.org", "b.*@example.org"):
        patterns.add(connection, name, ["alice@example.org", "bob@example.org"])

    assert patterns.delete(connection, "a.*@example.org", ["Alice@example.org"]) == (
        Loss("a.*@example.org", "alice@example.org", gone=False),
    )
    _, losses = deleted.delete(connection, "bob@example.org", postmaster="", now=datetime.now(UTC), until=None)
    assert losses == (
        Loss("a.*@example.org", "bob@example.org", gone=True),
        Loss("b.*@example.org", "bob@example.org", gone=False),
    )
    assert patterns.delete(connection, "b.*@example.org") == (Loss("b.*@example.org", "alice@example.org", gone=True),)
    with pytest.raises(DirectoryError, match="there is no expression"):
        patterns.delete(connection, "b.*@example.org")


UNREADABLE = [
    *("", "@example.org", "a b@example.org", "a/b@example.org", "a@b@c.d", "é@example.org", "a\n@c.example", "x" * 260 + "@c.d"),
    *("(?i)a@example.org", "(?=a)b@example.org", "(*F)a@example.org", "[[:digit:]]@example.org", "a{,3}@example.org"),
    *(r"\ba@example.org", r"(a)\1@example.org"),
]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, "allowed: a regular expression") for text in UNREADABLE),
        ("a(b@example.org", r"missing \)"),
        ("a**@example.org", "multiple repeat"),
        ("[b-a]@example.org", "bad character range"),
        ("a*@example.org", "it matches an empty name"),
        ("a.*@elsewhere.example", "there is no domain"),
        ("a.*@ex.*", "is not accepted"),
    ],
)
def test_a_bad_expression_is_refused(connection: Connection, text: str, why: str):
    """What the two would read differently, what neither could read, what is for a domain that is not here."""
    with pytest.raises(DirectoryError, match=why):
        patterns.add(connection, text, ["alice@example.org"])


@given(st.from_regex(r"[a-z0-9.\\\[\]()|*+?{},:^$-]{1,15}", fullmatch=True))
def test_what_is_taken_compiles(pattern: str):
    """Whatever is typed: it is refused with a sentence, or is an expression."""
    taken = _taken(pattern)

    if taken is not None:
        assert not re.compile(taken).fullmatch("")
        assert not set(taken) & set("/ @\n")


def _taken(pattern: str) -> str | None:
    try:
        return patterns.read(f"{pattern}@example.org")[0]
    except DirectoryError:
        return None
