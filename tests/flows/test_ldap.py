"""A stack whose people are in a directory server: who they are, what they may, and what happens while it is away."""

from collections.abc import Iterator
from email.headerregistry import Address

import pytest

from support import clients, directory_server
from support.directory_server import DirectoryServer
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

EVERY_WAY = set(clients.WAYS)
SEEN = 20  # seconds; the page for owners says 5 and the time a look takes


@pytest.fixture(scope="module")
def met(open_stack, docker_run) -> Iterator[tuple[Stack, DirectoryServer]]:
    """A stack, and the directory server it reads."""
    servers: list[DirectoryServer] = []
    config = {"ldap-ca.pem": docker_run.authority.pem}
    with open_stack(
        config=config, beside=lambda world: servers.append(DirectoryServer(world)), **directory_server.settings()
    ) as stack:
        yield stack, servers[0]


@pytest.fixture
def stack(met) -> Stack:
    """The stack."""
    return met[0]


@pytest.fixture
def ldap(met) -> DirectoryServer:
    """The directory server."""
    return met[1]


@pytest.fixture
def make_colleague(stack, ldap):
    """Add somebody to the directory server, and wait until the stack has heard of it: make_colleague("alice", mailQuota="1M")."""

    def make(uid: str, **values) -> Person:
        ldap.add_person(uid, **values)
        person = Person(stack, Address(uid.capitalize(), uid, "example.test"), f"the password of {uid}")
        wait_until(lambda: knows(stack, person.address), SEEN, what=f"{uid} to be known")
        return person

    return make


def knows(stack: Stack, address: str) -> bool:
    """Whether a stack has an address in its table."""
    return stack.attempt("postmap", "-q", address, "cdb:/var/lib/mailstead/projection/addresses").status == 0


def test_people_of_the_server_sign_in_everywhere_and_write_to_each_other(stack, make_colleague):
    """On 465, 587, 993 and 995, with the passwords the server has."""
    alice, bob = make_colleague("alice"), make_colleague("bob")

    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY
    assert clients.opening(stack, alice.address, "a wrong one") == set()
    alice.send(to=bob, subject="Hello")
    assert bob.inbox.wait_for("Hello")
