"""What a From may look like in a letter of our people (from.pcre): one author, whoever reads it."""

import re
from collections.abc import Callable

import pytest

from mailstead.render import render
from mailstead.services import postfix
from mailstead.settings import Settings

GOOD = [
    "alice@example.org",
    "<alice@example.org>",
    "Alice <alice@example.org>",
    "Alice B. Example <alice+shop@example.org>",
    '"Example, Alice" <alice@example.org>',
    '"Alice \\"the\\" Example" <alice@example.org>',
    '"<bob@example.org>" <alice@example.org>',
    "Alice (Sales, 2nd floor) <alice@example.org>",
    "alice@example.org (Alice Example)",
    "=?utf-8?B?5p2OIOaYjg==?= <alice@example.org>",
    "Zoë Ångström <alice@example.org>",
    "Alice\n <alice@example.org>",
    "  <alice@example.org>  ",
]
BAD = [
    "",
    "Alice",
    "alice@example.org, bob@example.org",
    "Alice <alice@example.org>, Bob <bob@example.org>",
    "All:alice@example.org;",
    "Undisclosed:;",
    "<bob@example.org> <alice@example.org>",
    "bob@example.org <alice@example.org>",
    "<@example.org:alice@example.org>",
    "<alice@example.org",
    '"Alice <alice@example.org>',
    "(Alice <alice@example.org>",
    "Alice <alice@example.org> <",
    "<alice@example.org> (<bob@example.org>)",
    "<alice @example.org>",
    "<alice@example.org@example.net>",
    '"a"@example.org',
]


@pytest.fixture
def verdict(make_settings: Callable[..., Settings]) -> Callable[[str], str]:
    """Return what Postfix does about a From: the action of the first line that fits (pcre_table(5))."""
    text = render(make_settings(), [postfix])["/etc/postfix/from.pcre"].text
    rules = [re.fullmatch("/(.*)/ (DUNNO|REJECT .*|IGNORE)", line).groups() for line in text.splitlines() if line.startswith("/")]

    def answer(value: str) -> str:
        header = f"From: {value}"
        return next(action for rule, action in rules if re.search(rule, header, re.IGNORECASE | re.DOTALL))

    return answer


@pytest.mark.parametrize("value", GOOD)
def test_one_author_is_let_pass(verdict: Callable[[str], str], value: str):
    """With a name or without, in every way mail programs write it."""
    assert verdict(value) == "DUNNO"


@pytest.mark.parametrize("value", BAD)
def test_anything_else_is_refused(verdict: Callable[[str], str], value: str):
    """Lists, groups, routes, and what one program may read otherwise than another."""
    assert verdict(value).startswith("REJECT 5.7.1 a letter has one author")


def test_a_long_name_takes_no_time(verdict: Callable[[str], str]):
    """The expressions never go back over what they have read."""
    assert verdict('"a" (b) ' * 10_000 + "<").startswith("REJECT")
