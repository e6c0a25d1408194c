"""What the security tests share: somebody to write to, and the world that must get nothing."""

import pytest

from support.people import Person
from support.stack import Stack


@pytest.fixture(scope="session")
def fortress(open_stack) -> Stack:
    """A stack under attack, with the world's sink to relay to."""
    with open_stack() as stack:
        assert stack.world.sink.kept() == []
        yield stack


@pytest.fixture
def target(fortress: Stack, make_person) -> Person:
    """Somebody with an account on the stack under attack."""
    return make_person("Tara", stack=fortress)


@pytest.fixture(scope="session")
def braked(open_stack) -> Stack:
    """A stack that takes as few wrong passwords as an owner's does."""
    with open_stack(MAIL_LOGIN_RATE="10", MAIL_MANAGESIEVE="yes") as stack:
        yield stack


@pytest.fixture(scope="session")
def unbraked(open_stack) -> Stack:
    """A stack that checks as many passwords as anybody likes to try."""
    with open_stack(MAIL_LOGIN_RATE="999", MAIL_MANAGESIEVE="yes") as stack:
        yield stack
