"""Whose password is guessed by Docker's gateway: counted from Postfix's lines, and told to PAM."""

from pathlib import Path

import pytest

from mailstead.guesses import Guesses

GATEWAY, ELSEWHERE = "172.18.0.1", "192.0.2.7"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    """The file that PAM reads."""
    return tmp_path / "held"


@pytest.fixture
def guesses(tmp_path: Path, held: Path) -> Guesses:
    """Three a minute by the gateway are too many."""
    (tmp_path / "gateways").write_text(f"127.0.0.1 3\n{GATEWAY} 3\n")
    return Guesses(held, tmp_path / "gateways")


def failed(login: str, address: str = GATEWAY) -> bytes:
    """Return a line of Postfix's about a wrong password."""
    return (
        f"Nov 24 18:16:15 mail postfix/submissions/smtpd[143]: warning: unknown[{address}]: SASL PLAIN authentication failed: "
        f"authentication failure, sasl_username={login}"
    ).encode()


def test_an_account_waits_after_so_many_wrong_passwords_in_a_minute(guesses: Guesses, held: Path):
    """In every spelling that PAM knows; a minute after the first of them it no longer does."""
    for now in (0, 10):
        guesses.hear(failed("alice@example.org"), now)
    assert not held.exists()
    guesses.hear(failed("Alice@Example.org"), 20)

    assert held.read_text() == "alice@example.org\nAlice@example.org\nALICE@EXAMPLE.ORG\n"
    guesses.write(59)
    assert held.read_text() != ""
    guesses.write(61)
    assert held.read_text() == ""


def test_slow_mistakes_make_nobody_wait(guesses: Guesses, held: Path):
    """Three in two minutes."""
    for now in (0, 55, 110):
        guesses.hear(failed("alice@example.org"), now)

    assert not held.exists()


def test_others_and_other_addresses_do_not_count(guesses: Guesses, held: Path):
    """An address of one's own has Postfix's own brake."""
    for now in range(9):
        guesses.hear(failed("alice@example.org", ELSEWHERE), now)
        guesses.hear(failed(f"bob{now}@example.org"), now)
        guesses.hear(b"postfix/smtpd[1]: connect from unknown[172.18.0.1]", now)

    assert not held.exists()


def test_what_is_forgotten_takes_no_room(guesses: Guesses):
    """A name is kept for a minute."""
    for now in range(200):
        guesses.hear(failed(f"nobody{now}@example.org"), now)

    assert len(guesses.times) <= 60


def test_where_no_gateway_is_known_nobody_waits(tmp_path: Path, held: Path):
    """The file is not there yet."""
    guesses = Guesses(held, tmp_path / "gateways")
    guesses.hear(failed("alice@example.org"), 0)

    assert not held.exists()
