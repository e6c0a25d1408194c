"""What the stack tests share: one container alone, and a stack that may be broken."""

from collections.abc import Callable, Iterator

import pytest

from stack.alone import Alone
from support.people import Person
from support.postgresql import Database
from support.run import Run
from support.stack import Stack


@pytest.fixture
def make_alone(docker_run: Run) -> Iterator[Callable[..., Alone]]:
    """Run one container alone: make_alone("check", MAIL_TLS="none"), config={"dovecot/x.conf": "..."} for its files."""
    made: list[Alone] = []

    def make(*verb: str, **options: object) -> Alone:
        made.append(Alone(docker_run, *verb, **options))
        return made[-1]

    yield make
    for alone in made:
        alone.remove()


@pytest.fixture(scope="session")
def sturdy(open_stack: Callable[..., object]) -> Iterator[Stack]:
    """A stack whose daemons are killed and stopped; each test leaves it well."""
    with open_stack() as stack:
        yield stack


@pytest.fixture
def victim(sturdy: Stack, make_person: Callable[..., Person]) -> Person:
    """Somebody with an account on the sturdy stack, who goes on sending and reading."""
    return make_person("Vic", stack=sturdy)


@pytest.fixture(scope="session")
def database(docker_run: Run) -> Iterator[Database]:
    """A PostgreSQL server."""
    server = Database(docker_run)
    yield server
    server.remove()
