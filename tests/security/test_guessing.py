"""Passwords are not guessed: ten a minute are checked for one who tries a thousand, and nobody else waits for him."""

import re
from collections.abc import Callable

import pytest

from support import clients
from support.attacker import Answer, Attacker, Attempt, answers
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

EVERY_WAY = set(clients.WAYS)
SENDING, READING = ("submissions", "submission"), ("imaps", "pop3s", "sieve")
RATE = 10
CHECKED = re.compile(r"535 |a NO \[AUTHENTICATIONFAILED\]|-ERR \[AUTH\]|NO \"Authentication failed")
PUT_OFF = re.compile(
    r"450 4\.7\.1 |421 |a NO \[UNAVAILABLE\]|-ERR \[SYS/TEMP\]|\* BYE|NO \(TRYLATER\)|NO \"Temporary|BYE|$|.*timed out"
)


def attack(login: str, seconds: int) -> list[Attempt]:
    """Return a thousand wrong passwords a minute, over all doors, some on one connection and some on many at once."""
    doors = [*SENDING, *READING]
    count = seconds * 1000 // 60
    return [
        Attempt(doors[number % 5], login, [f"guess {number} {more}" for more in range(2)], at=number * 2 * 60 / 1000)
        for number in range(count // 2)
    ]


def checked(attempts: list[Attempt], answered: list[list[Answer]], doors: tuple[str, ...]) -> int:
    """Return how many passwords these doors have said to be wrong; every other answer puts off, and lets nobody in."""
    wrong = 0
    for one, several in zip(attempts, answered, strict=True):
        for answer in several if one.door in doors else ():
            assert CHECKED.match(answer.said) or PUT_OFF.match(answer.said), (one.door, answer.said)
            wrong += bool(CHECKED.match(answer.said))
    return wrong


@pytest.fixture(scope="module")
def attacker(braked: Stack) -> Attacker:
    """Somebody with an address of his own."""
    return Attacker(braked, "attacker")


@pytest.fixture
def victim(braked: Stack, make_person: Callable[..., Person]) -> Person:
    """Whose password is guessed."""
    return make_person("Vera", stack=braked)


def asked_of_saslauthd(stack: Stack, login: str) -> int:
    """Return how often saslauthd has found a password of this login to be wrong."""
    return "".join(stack.logs().values()).count(f"auth failure: [user={login}]")


def test_ten_passwords_a_minute_are_checked_of_a_thousand(braked, attacker, victim, make_person, long):
    """By each port for sending, and by all for reading together; who is signed in, and all others, do not notice."""
    other = make_person("Olga", stack=braked)
    attempts = attack(victim.address, 60 if long else 12)
    with clients.imaps(braked) as signed_in:
        clients.imap_plain(signed_in, other.address, other.password)
        running = attacker.begin(attempts)
        assert clients.opening(braked, other.address, other.password) == EVERY_WAY
        assert clients.opening(braked, victim.address, victim.password) == EVERY_WAY
        answered = answers(running)
        assert signed_in.noop()[0] == "OK"

    for doors in (*((one,) for one in SENDING), READING):
        # A minute of Postfix's begins with the first password; a thousand of a whole minute may reach into the next.
        assert 0 < checked(attempts, answered, doors) <= RATE * (2 if long else 1), doors
    assert asked_of_saslauthd(braked, victim.address) == checked(attempts, answered, SENDING)


def test_without_the_brake_every_password_is_checked(unbraked, make_person):
    """So the attack of these tests is one."""
    victim = make_person("Vera", stack=unbraked)
    attempts = attack(victim.address, 6)

    answered = Attacker(unbraked, "bold").guess(attempts)

    assert checked(attempts, answered, SENDING) > 3 * RATE
    assert checked(attempts, answered, READING) > 3 * RATE


def test_behind_the_gateway_only_the_account_waits(braked, victim, make_person):
    """Where nobody's address is known, its own password is not looked at for a minute; app passwords and all others are."""
    other = make_person("Olga", stack=braked)
    secret = braked.mailstead("app-password", "add", victim.address, "phone").strip()
    before = asked_of_saslauthd(braked, victim.address)
    for _ in range(RATE):
        assert not clients.WAYS["SMTP by PLAIN on 465"](braked, victim.address, "a wrong one")
    wait_until(lambda: victim.address in braked.exec("cat", "/run/mailstead/held"), what="the account to wait")

    assert asked_of_saslauthd(braked, victim.address) - before == RATE
    assert not clients.WAYS["SMTP by PLAIN on 465"](braked, victim.address, victim.password)
    assert clients.opening(braked, victim.address, secret) == EVERY_WAY
    assert clients.opening(braked, other.address, other.password) == EVERY_WAY


def test_strangers_try_one_account_sixty_times_an_hour(braked, victim):
    """From however many addresses; its owner's known addresses, and app passwords from anywhere, are let in meanwhile."""
    secret = braked.mailstead("app-password", "add", victim.address, "phone").strip()
    assert victim.inbox.subjects() == []
    botnet = Attacker(braked, "botnet")
    attempts = [Attempt("imaps", victim.address, source=one) for one in botnet.more_addresses(8) for _ in range(RATE)]

    answered = botnet.guess(attempts)

    assert 50 < checked(attempts, answered, READING) <= 60
    assert victim.inbox.subjects() == []
    ((let_in,),) = botnet.guess([Attempt("imaps", victim.address, [secret])])
    assert let_in.said.startswith("a OK")
