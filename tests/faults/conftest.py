"""What the fault tests share."""

from collections.abc import Iterator

import pytest

from support.stack import Stack


@pytest.fixture(scope="module")
def struck(open_stack) -> Iterator[Stack]:
    """A stack to be struck down."""
    with open_stack() as stack:
        yield stack
