"""What the fault tests share."""

from collections.abc import Callable, Iterator

import pytest

from faults.reading import throw_away
from support.filter import LETTING_PASS
from support.people import Person, make_person
from support.stack import Stack


@pytest.fixture(scope="module")
def struck(open_stack) -> Iterator[Stack]:
    """A stack to be struck down."""
    with open_stack() as stack:
        yield stack


@pytest.fixture(scope="module")
def screened(open_stack) -> Iterator[Stack]:
    """A stack with a filter, to be struck down."""
    with open_stack(COMPOSE_PROFILES="filter", **LETTING_PASS) as stack:
        yield stack


@pytest.fixture
def screened_readers(screened: Stack, make_person: Callable[..., Person]) -> list[Person]:
    """Two people behind the filter."""
    return [make_person(name, stack=screened) for name in ("Rita", "Rolf")]


@pytest.fixture(scope="module")
def audience(struck: Stack) -> list[Person]:
    """Three people with accounts there."""
    return [make_person(struck, name, domain="example.test") for name in ("Rita", "Rolf", "Ruth")]


@pytest.fixture
def readers(struck: Stack, audience: list[Person]) -> Iterator[list[Person]]:
    """Three people who get the mail of a test; it is thrown away afterwards, since a long run would fill the disk."""
    yield audience
    throw_away(struck, audience)
