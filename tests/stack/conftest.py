"""What the stack tests share: one container alone, and a stack that may be broken."""

from collections.abc import Callable, Iterator

import pytest

from mailstead.declare import declared
from mailstead.settings import Settings
from stack.alone import Alone
from support import clients
from support.people import Person, make_person
from support.postgresql import Database
from support.run import Run
from support.stack import Stack

CANARY, GUESS = "canary 1: four plain words", "canary 2: a wrong guess"

ELSEWHERE = {"MAIL_DIRECTORY_URL", "MAIL_LDAP_BIND_PASSWORD"}
"""Secret settings with which the stack would have its people from another server: a test of its own has them."""


def canary(variable: str) -> str:
    """Return a text for a secret setting that is a password as well as a key in base64, and would be known anywhere."""
    word = "canary" + variable.replace("_", "")
    return word.ljust(-(-len(word) // 4) * 4, "x")


SECRETS = [one.variable for one in declared(Settings) if one.kind.secret]
CANARIES = {one: canary(one) for one in SECRETS if one not in ELSEWHERE} | {"MAIL_POSTMASTER_PASSWORD": CANARY}
"""What each secret setting is given in a file: all that are declared, so that a new one is among them."""
_WITH_THEM = {
    "MAIL_RELAY_HOST": "smtp.provider.test",
    "MAIL_RELAY_USER": "me",
    "MAIL_DNS_SERVER": "192.0.2.53",
    "MAIL_DNS_TSIG_NAME": "mailstead",
    "MAIL_ACME_EAB_KID": "kid",
}


@pytest.fixture(scope="session")
def guarded(open_stack: Callable[..., object]) -> Iterator[Stack]:
    """A stack with its filter, and every password it knows in a file."""
    config = {f"secrets/{variable}": text for variable, text in CANARIES.items()}
    files = {f"{variable}_FILE": f"/config/secrets/{variable}" for variable in CANARIES}
    with open_stack(config=config, MAIL_POSTMASTER_PASSWORD="", COMPOSE_PROFILES="filter", **files, **_WITH_THEM) as stack:
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


@pytest.fixture(scope="session")
def told(guarded: Stack, ann: Person) -> list[str]:
    """Every secret that the guarded stack was told or has made for somebody, and the wrong password that somebody tried."""
    app_password = guarded.mailstead("app-password", "add", ann.address, "phone").strip()
    assert clients.opening(guarded, ann.address, app_password) == set(clients.WAYS)
    return [*CANARIES.values(), ann.password, app_password, GUESS]


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
