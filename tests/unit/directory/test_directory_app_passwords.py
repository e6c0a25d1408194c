"""App passwords: named, in slots, ten at most."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Connection

from mailstead.directory import APP_SLOTS, DirectoryError, app_passwords, deleted, passwords, snapshot

HASH = "$6$rounds=1000$abc$def"
ALICE = "alice@example.org"


def slots(connection: Connection) -> dict[str, int]:
    """Return the slot of each app password of Alice."""
    return {one.name: one.slot for one in app_passwords.of(connection, ALICE)}


def test_each_has_the_first_slot_that_is_free(connection: Connection):
    """The others stay where they are when one goes."""
    for name in ("phone", "laptop", "printer"):
        app_passwords.add(connection, "Alice@example.org", name, HASH)
    app_passwords.revoke(connection, ALICE, "laptop")
    assert slots(connection) == {"phone": 0, "printer": 2}

    app_passwords.add(connection, ALICE, "tablet", HASH, scope="read")
    assert slots(connection) == {"phone": 0, "printer": 2, "tablet": 1}
    (alice, _) = snapshot.read(connection).accounts
    assert [(one.name, one.scope) for one in alice.app_passwords] == [("phone", "both"), ("printer", "both"), ("tablet", "read")]


def test_ten_is_the_most(connection: Connection):
    """The next is refused until one is revoked."""
    for number in range(APP_SLOTS):
        app_passwords.add(connection, ALICE, f"program {number}", HASH)

    with pytest.raises(DirectoryError, match="has 10 app passwords, which is the most"):
        app_passwords.add(connection, ALICE, "one more", HASH)
    app_passwords.revoke(connection, ALICE, "program 4")
    app_passwords.add(connection, ALICE, "one more", HASH)
    assert slots(connection)["one more"] == 4


@pytest.mark.parametrize("name", ["", "  ", "two\nlines", "a\ttab", "x" * 65])
def test_a_name_that_is_none_is_refused(connection: Connection, name: str):
    """It is shown in lists."""
    with pytest.raises(DirectoryError, match="1 to 64 characters"):
        app_passwords.add(connection, ALICE, name, HASH)


def test_the_same_name_twice_and_an_unknown_scope_are_refused(connection: Connection):
    """Each with its own sentence."""
    app_passwords.add(connection, ALICE, "Alice's phone: 東京", HASH)

    with pytest.raises(DirectoryError, match="already; revoke it first"):
        app_passwords.add(connection, ALICE, "Alice's phone: 東京", HASH)
    with pytest.raises(DirectoryError, match="allowed: one of send, read, both"):
        app_passwords.add(connection, ALICE, "laptop", HASH, scope="all")
    with pytest.raises(DirectoryError, match="has no app password tablet"):
        app_passwords.revoke(connection, ALICE, "tablet")


def test_they_go_with_their_account(connection: Connection):
    """Another account at the same address has none."""
    app_passwords.add(connection, ALICE, "phone", HASH)
    deleted.delete(connection, ALICE, postmaster="", now=datetime.now(UTC), until=None)

    assert connection.exec_driver_sql("SELECT count(*) FROM app_passwords").scalar() == 0


def test_a_generated_one_has_128_bits_and_a_cheap_hash():
    """31 signs to choose from, 30 times."""
    secret = passwords.generate(groups=5)

    assert 31 ** len(secret.replace("-", "")) > 2**128
    hashed = passwords.hash_generated(secret)
    assert hashed.startswith("$6$rounds=1000$")
    assert passwords.crypt(secret, hashed) == hashed
