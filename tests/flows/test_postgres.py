"""A stack whose directory is in PostgreSQL: changes from elsewhere hold here, and a database that is away stops no mail."""

from collections.abc import Callable, Iterator

import pytest

from support import clients, postgresql
from support.people import Person
from support.postgresql import Database
from support.run import Run
from support.stack import IMAGE, Ran, Stack
from support.wait import wait_until
from support.world import World

EVERY_WAY = set(clients.WAYS)
PROJECTION = "/var/lib/mailstead/projection"
LETTERS = 50


@pytest.fixture(scope="module")
def met(open_stack, docker_run: Run) -> Iterator[tuple[Stack, Database]]:
    """A stack, and the server its directory is in, whose certificate it verifies."""
    servers: list[Database] = []

    def beside(world: World) -> None:
        servers.append(Database(docker_run, world.name))

    url = f"{postgresql.INSIDE}?sslmode=verify-full&sslrootcert=/config/ca.pem"
    with open_stack(config={"ca.pem": docker_run.authority.pem}, beside=beside, MAIL_DIRECTORY_URL=url) as stack:
        yield stack, servers[0]
        servers[0].remove()


@pytest.fixture
def stack(met: tuple[Stack, Database]) -> Stack:
    """The stack."""
    return met[0]


@pytest.fixture
def database(met: tuple[Stack, Database]) -> Iterator[Database]:
    """The server its directory is in; it runs again after each test."""
    yield met[1]
    met[1].start()


@pytest.fixture
def elsewhere(stack: Stack) -> Callable[..., Ran]:
    """Type a command in the container of another Mailstead that has the same directory: elsewhere("account", "list")."""

    def run(*words: str) -> Ran:
        settings = {"MAIL_HOSTNAME": "mx2.example.test", "MAIL_DOMAINS": "example.test"}
        settings["MAIL_DIRECTORY_URL"] = f"{postgresql.INSIDE}?sslmode=require"
        output = stack.run.client.containers.run(
            IMAGE, list(words), network=stack.world.name, environment=settings, labels=stack.run.labels, remove=True, stderr=True
        )
        return Ran(0, output.decode())

    return run


def projected(stack: Stack, name: str) -> str:
    """Return a file the daemons read."""
    return stack.exec("cat", f"{PROJECTION}/{name}")


def may_send(stack: Stack, address: str) -> bool:
    """Whether PAM has a password for an address."""
    return f"{address}:" in stack.exec("sh", "-c", f"cat {PROJECTION}/send-?")


def test_people_in_postgresql_send_and_read(stack: Stack, alice: Person, bob: Person):
    """What the command has made holds for the next connection, as with the directory in a file."""
    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY
    alice.send(to=bob, subject="Lunch?", text="Noon, usual place.")

    assert bob.inbox.wait_for(subject="Lunch?").text == "Noon, usual place."
    assert "well directory   the daemons' tables are current" in stack.mailstead("health", "--wait", "10")


def test_a_change_by_sql_holds_within_two_seconds(stack: Stack, database: Database, alice: Person):
    """Whoever may write to the database changes the directory, and needs to tell nobody."""
    database.psql(f"UPDATE accounts SET enabled = false WHERE address = '{alice.address}'")
    wait_until(lambda: not may_send(stack, alice.address), 2, what="the account to be disabled")
    assert clients.opening(stack, alice.address, alice.password) == set()

    database.psql(f"UPDATE accounts SET enabled = true WHERE address = '{alice.address}'")
    wait_until(lambda: may_send(stack, alice.address), 2, what="the account to be enabled")


def test_a_change_in_another_container_holds_within_two_seconds(stack: Stack, alice: Person, elsewhere: Callable[..., Ran]):
    """From the moment it has said that it is done: mail for the new address is taken here."""
    elsewhere("alias", "add", "far@example.test", alice.address)

    wait_until(lambda: _taken(stack, "far@example.test"), 2, what="the alias to be there")


def _taken(stack: Stack, address: str) -> bool:
    with clients.smtp(stack) as server:
        return clients.envelope(server, "", address)[0] == 250


def test_mail_and_logins_go_on_while_postgresql_is_away(stack: Stack, database: Database, alice: Person, bob: Person):
    """A change is refused with a sentence, health says so, a restart changes nothing; and its return is noticed."""
    database.stop()
    for number in range(LETTERS):
        alice.send(to=bob, subject=f"Letter {number}")
    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY
    refused = stack.attempt("mailstead", "account", "quota", alice.address, "1G")
    assert refused.status == 1
    assert refused.output.startswith("the directory in PostgreSQL at db does not answer: ")
    assert "mail and logins go on by what it said last" in stack.mailstead("health")

    stack.restart()

    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY
    alice.send(to=bob, subject="After all")
    bob.inbox.wait_for(subject="After all")
    wait_until(lambda: len(bob.inbox.subjects()) == LETTERS + 1, what="every letter to be there")
    log = "".join(stack.logs().values())
    assert "mail and logins go on by what it said last" in log
    assert postgresql.PASSWORD not in log + refused.output

    database.start()
    database.psql(f"UPDATE accounts SET enabled = false WHERE address = '{bob.address}'")
    wait_until(lambda: not may_send(stack, bob.address), 30, what="the follower to be there again")
    wait_until(lambda: "the directory answers again" in "".join(stack.logs().values()), what="the log to say so")


def test_a_database_that_was_emptied_empties_nothing_here(stack: Stack, database: Database, alice: Person):
    """Restored without its tables, or another by mistake: the daemons keep what they have, and health says what is wrong."""
    before = projected(stack, "counter")
    database.psql("ALTER SCHEMA public RENAME TO away; CREATE SCHEMA public; NOTIFY mailstead")
    wait_until(lambda: "there is no directory in the database" in "".join(stack.logs().values()), what="the log to say so")
    assert projected(stack, "counter") == before
    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY

    database.psql("DROP SCHEMA public; ALTER SCHEMA away RENAME TO public")
    assert "well directory   the daemons' tables are current" in stack.mailstead("health", "--wait", "20")
