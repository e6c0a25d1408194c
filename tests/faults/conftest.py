"""What the fault tests share."""

from collections.abc import Callable, Iterator

import pytest

from faults.reading import throw_away
from support.people import Person
from support.stack import Stack


@pytest.fixture(scope="module")
def struck(open_stack) -> Iterator[Stack]:
    """A stack to be struck down."""
    with open_stack() as stack:
        yield stack


@pytest.fixture
def readers(struck: Stack, make_person: Callable[..., Person]) -> Iterator[list[Person]]:
    """Three people who get the mail of a test; it is thrown away afterwards, since a long run would fill the disk."""
    people = [make_person(name, stack=struck) for name in ("Rita", "Rolf", "Ruth")]
    yield people
    throw_away(struck, people)
