"""A change of the directory whose writer dies half way: the daemons see the old state or the new one, and soon the new one."""


import pytest

from support import clients
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

EVERY_WAY = set(clients.WAYS)
DIES_AFTER_COMMIT = """
import os, sys
from mailstead.directory import HERE, accounts, audit, change, passwords
from mailstead.settings import Settings

settings = Settings.read(os.environ)
with change.opened() as engine:
    with change.transaction(engine, settings, HERE, audit.START) as connection:
        change.raise_counter(connection)
        accounts.add(connection, sys.argv[1], passwords.hash(sys.argv[2]))
    os._exit(9)
"""
DIES_WHILE_WRITING = """
import os, sys
from mailstead.directory import HERE, accounts, change, passwords, publish
from mailstead.settings import Settings

def dies(*_words, **_more):
    os._exit(9)

publish.tables.write = dies
with change.change(Settings.read(os.environ)) as connection:
    accounts.add(connection, sys.argv[1], passwords.hash(sys.argv[2]))
"""


@pytest.fixture
def alice(struck: Stack, make_person) -> Person:
    """Somebody who is there all the time."""
    return make_person("Alice", stack=struck)


@pytest.mark.parametrize("program", [DIES_AFTER_COMMIT, DIES_WHILE_WRITING], ids=["after the commit", "amid the files"])
def test_the_keeper_puts_a_half_done_change_right(struck: Stack, alice: Person, program: str, request: pytest.FixtureRequest):
    """Within seconds, without a hand; whoever was there before never stops being there."""
    new = f"new{len(request.node.name)}@example.test"
    assert struck.attempt("python3", "-c", program, new, "her password").status == 9

    assert clients.opening(struck, alice.address, alice.password) == EVERY_WAY
    wait_until(lambda: clients.opening(struck, new, "her password") == EVERY_WAY, 30, what="the new account to be there")
    assert "well directory" in struck.mailstead("health", "--wait", "20")


def test_a_start_puts_a_half_done_change_right(struck: Stack, alice: Person):
    """As after a power cut between the commit and the files."""
    assert struck.attempt("python3", "-c", DIES_AFTER_COMMIT, "late@example.test", "her password").status == 9
    struck.restart()

    assert clients.opening(struck, "late@example.test", "her password") == EVERY_WAY
    with alice.signed_in() as server:
        assert clients.envelope(server, alice.address, "late@example.test")[0] == 250
