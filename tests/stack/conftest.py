"""What the stack tests share: one container alone, and a stack that may be broken."""

from collections.abc import Callable, Iterator

import pytest

from stack.alone import Alone
from support import clients
from support.people import Person, make_person
from support.postgresql import Database
from support.run import Run
from support.stack import Stack

CANARY, GUESS = "canary 1: four plain words", "canary 2: a wrong guess"


@pytest.fixture(scope="session")
def guarded(open_stack: Callable[..., object]) -> Iterator[Stack]:
    """A stack with its filter, and every password it knows in a file."""
    config = {"postmaster-password": CANARY, "relay-password": f"{CANARY} too"}
    files = {"MAIL_POSTMASTER_PASSWORD_FILE": "/config/postmaster-password", "MAIL_RELAY_PASSWORD_FILE": "/config/relay-password"}
    relay = {"MAIL_RELAY_HOST": "smtp.provider.test", "MAIL_RELAY_USER": "me", "COMPOSE_PROFILES": "filter"}
    with open_stack(config=config, MAIL_POSTMASTER_PASSWORD="", **files, **relay) as stack:
        yield stack


@pytest.fixture(scope="session")
def ann(guarded: Stack) -> Person:
    """Somebody who has written to the postmaster and to herself and read it; and has guessed wrongly at every door."""
    somebody = make_person(guarded, "Ann", domain="example.test", password=f"{CANARY} three")
    somebody.send(to="postmaster@example.test", subject="Through everything")
    somebody.send(to=somebody, subject="Through everything")
    somebody.inbox.wait_for("Through everything")
    assert clients.opening(guarded, "postmaster@example.test", CANARY) == set(clients.WAYS)
    assert clients.opening(guarded, "postmaster@example.test", GUESS) == set()
    return somebody


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
