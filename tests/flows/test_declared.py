"""A server whose people stand in a file: /config/accounts.yaml."""

from collections.abc import Callable, Iterator
from email.headerregistry import Address

import pytest

from mailstead.directory import passwords
from support import clients
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

EVERY_WAY = set(clients.WAYS)
HASHES = {name: passwords.hash(f"the password of {name}") for name in ("alice", "bob", "dora")}
FILE = f"""
domains:
  example.net: {{alias_of: example.test}}
accounts:
  Alice@example.test:
    name: Alice Example
    password_hash: {HASHES["alice"]}
    quota: 1G
  bob@example.test: {{password_hash: {HASHES["bob"]}}}
aliases:
  sales@example.test: [team@example.test]
expressions:
  - match: sales-[0-9]+@example.test
    targets: [alice@example.test]
groups:
  team@example.test: {{members: [alice@example.test, bob@example.test], list_id: yes}}
"""
WITH_DORA = FILE.replace("aliases:", f"  dora@example.test: {{password_hash: {HASHES['dora']}}}\naliases:")


@pytest.fixture(scope="module")
def declared(open_stack: Callable) -> Iterator[Stack]:
    """A stack that found the file at its first start."""
    with open_stack(config={"accounts.yaml": FILE}) as stack:
        yield stack


def person(stack: Stack, name: str) -> Person:
    """Return somebody of the file."""
    return Person(stack, Address(name.capitalize(), name, "example.test"), f"the password of {name}")


def health(stack: Stack) -> str:
    """Return what the server says of itself."""
    return stack.attempt("mailstead", "health").output


def test_the_people_of_the_file_sign_in_and_write_to_each_other(declared: Stack):
    """With the hashes that stand there, as soon as the server takes mail at all."""
    alice, bob = person(declared, "alice"), person(declared, "bob")

    assert clients.opening(declared, alice.address, alice.password) == EVERY_WAY
    assert clients.opening(declared, "bob@example.net", bob.password) == EVERY_WAY
    alice.send(to=bob, subject="From the file")
    assert bob.inbox.wait_for(subject="From the file")
    bob.send(to="sales@example.net", subject="To the group")
    bob.send(to="sales-7@example.test", subject="To the expression")
    for subject in ("To the group", "To the expression"):
        assert alice.inbox.wait_for(subject=subject)


def test_who_is_added_to_the_file_is_there_without_a_restart(declared: Stack):
    """Within some seconds; nobody else notices."""
    dora = person(declared, "dora")
    assert clients.opening(declared, dora.address, dora.password) == set()

    declared.configure("accounts.yaml", WITH_DORA)

    wait_until(lambda: clients.opening(declared, dora.address, dora.password) == EVERY_WAY, 60, what="Dora to be let in")
    person(declared, "alice").send(to=dora, subject="Welcome")
    assert dora.inbox.wait_for(subject="Welcome")
    assert "mailstead: + account dora@example.test" in "".join(declared.logs().values())


def test_a_file_that_is_wrong_changes_nothing_and_is_told(declared: Stack):
    """In the log with its lines, and in the server's health; the mail goes on. Once it is right, it is applied."""
    alice = person(declared, "alice")
    declared.configure("accounts.yaml", FILE.replace("quota: 1G", "quota: one gig"))

    said = 'line 8, accounts.Alice@example.test.quota: "one gig" is not accepted'
    wait_until(lambda: said in "".join(declared.logs().values()), 60, what="the log to tell what is wrong")
    assert "accounts.yaml is not applied" in health(declared)
    alice.send(to=alice, subject="Still here")
    assert alice.inbox.wait_for(subject="Still here")

    declared.configure("accounts.yaml", FILE.replace("quota: 1G", "quota: 2G"))
    wait_until(lambda: "not applied" not in health(declared), 60, what="the file to be applied")
    assert "2G" in declared.mailstead("account", "show", alice.address)


def test_a_restart_undoes_no_change_made_by_hand(declared: Stack):
    """The file is applied when it has changed, and not again."""
    declared.mailstead("account", "quota", "bob@example.test", "7G")

    declared.restart()

    assert "of 7G" in declared.mailstead("account", "show", "bob@example.test")
    assert "quota 7G -> default" in declared.attempt("mailstead", "apply", "/config/accounts.yaml", "--dry-run").output


def test_an_export_is_the_whole_directory(declared: Stack, open_stack: Callable):
    """Applied where it came from it changes nothing; on a new server the same people sign in, with the same passwords."""
    exported = declared.mailstead("export")
    said = declared.mailstead("apply", "-", "--prune", text=exported)
    assert said == "nothing to do: all is as standard input declares it\n"

    with open_stack(config={"accounts.yaml": exported}) as other:
        assert other.mailstead("export") == exported
        assert clients.opening(other, "alice@example.test", "the password of alice") == EVERY_WAY
