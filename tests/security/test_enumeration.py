"""Nobody learns who has an account: by what is said to a wrong password, and by how long it takes."""

import math
from collections.abc import Callable, Sequence

import pytest

from support.attacker import Answer, Attacker, Attempt
from support.people import Person
from support.stack import Stack

DOORS = {"submissions": (0.06, 1), "imaps": (0.01, 100), "pop3s": (0.01, 100)}
"""Seconds from one try to the next, and how many go on at once: one for sending, but Dovecot lets whoever was wrong wait."""
EACH = 50
KINDS = ("existing", "disabled", "absent")


def area(some: Sequence[float], others: Sequence[float]) -> float:
    """Return how likely one of some is longer than one of the others: the area under the curve, by ranks (Mann, Whitney)."""
    marked = sorted([(time, 1) for time in some] + [(time, 0) for time in others])
    ranks = sum(rank for rank, (_, mine) in enumerate(marked, 1) if mine)
    return (ranks - len(some) * (len(some) + 1) / 2) / (len(some) * len(others))


def doubt(count: int) -> float:
    """Return the standard error of `area` for two samples of this size that do not differ."""
    return math.sqrt((2 * count + 1) / (12 * count * count))


def test_the_area_tells_apart_what_differs():
    """Half where two are alike, one where each of some is longer."""
    assert area([1, 2, 3], [1.1, 2.1, 2.9]) == pytest.approx(0.5, abs=0.1)
    assert area([4, 5, 6], [1, 2, 3]) == 1


@pytest.fixture(scope="module")
def spy(unbraked: Stack) -> Attacker:
    """Somebody who takes the time."""
    return Attacker(unbraked, "spy")


@pytest.fixture(scope="module")
def count(long: bool) -> int:
    """How often each kind is tried."""
    return 500 if long else 100


@pytest.fixture
def logins(unbraked: Stack, make_person: Callable[..., Person], count: int) -> dict[str, list[str]]:
    """Logins of each kind, of the same length: each is tried no more often than strangers may."""
    pairs = [tuple(make_person("Erna", stack=unbraked).address for _ in range(2)) for _ in range(0, count, EACH)]
    for _, one in pairs:
        unbraked.mailstead("account", "disable", one)
    existing, disabled = ([pair[number] for pair in pairs] for number in range(2))
    return {"existing": existing, "disabled": disabled, "absent": [one.replace("erna", "otto") for one in existing]}


def times(spy: Attacker, door: str, logins: dict[str, list[str]], count: int) -> dict[str, list[Answer]]:
    """Try each login so many times in turn; return the answers."""
    order = [kind for _ in range(count) for kind in KINDS]
    tried = [logins[kind][number // len(KINDS) // EACH] for number, kind in enumerate(order)]
    pause, at_once = DOORS[door]
    attempts = [Attempt(door, login, at=number * pause) for number, login in enumerate(tried)]
    answered: dict[str, list[Answer]] = {kind: [] for kind in KINDS}
    for kind, (answer,) in zip(order, spy.guess(attempts, at_once), strict=True):
        answered[kind].append(answer)
    return answered


@pytest.mark.parametrize("door", [pytest.param(one, marks=[pytest.mark.long] if one != "submissions" else []) for one in DOORS])
def test_a_wrong_password_tells_nothing_of_the_account(spy, logins, door, count, record_property):
    """The same bytes whether it exists, is disabled or not there; and a time from which it cannot be told."""
    answered = times(spy, door, logins, count)

    said = {kind: {answer.said for answer in several} for kind, several in answered.items()}
    assert said["existing"] == said["disabled"] == said["absent"]
    assert len(said["absent"]) == 1
    took = {kind: [answer.after for answer in several] for kind, several in answered.items()}
    areas = {kind: area(took[kind], took["absent"]) for kind in KINDS[:2]}
    record_property("areas", areas)
    print(door, areas)
    # 0.45 to 0.55, and what so few tries leave in doubt.
    assert all(abs(one - 0.5) < 0.05 + 2 * doubt(count) for one in areas.values()), areas
