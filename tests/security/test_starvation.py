"""Whoever tries wrong passwords keeps nobody else waiting."""

import statistics
import time

import pytest

from support import clients
from support.attacker import Attacker, Attempt, answers

DOORS = {"submissions": "SMTP by PLAIN on 465", "imaps": "IMAP"}
RATE = 20  # wrong passwords a second


@pytest.mark.parametrize("door", [pytest.param(one, marks=[pytest.mark.long] if one != "submissions" else []) for one in DOORS])
def test_a_good_login_is_quick_beside_twenty_bad_ones_a_second(unbraked, make_person, door, long, record_property):
    """From another address, 19 of 20 within three seconds; measured without the brake, which would end the attack.

    In the short form half of them, since other tests have the processors meanwhile.
    """
    seconds = 60 if long else 6
    other = make_person("Olga", stack=unbraked)
    # Each is tried no more often than strangers may.
    victims = [make_person("Vera", stack=unbraked).address for _ in range(seconds // 2)]
    crowd = Attacker(unbraked, f"crowd-{door}")
    sources = ["", *crowd.more_addresses(4)]
    attempts = [Attempt(door, victims[n % len(victims)], source=sources[n % 5], at=n / RATE) for n in range(seconds * RATE)]

    running = crowd.begin(attempts)
    took = []
    while running.poll() is None and len(took) < 4 * seconds:
        begin = time.perf_counter()
        assert clients.WAYS[DOORS[door]](unbraked, other.address, other.password)
        took.append(time.perf_counter() - begin)
    answered = answers(running)

    spread = statistics.quantiles(took, n=20, method="inclusive")
    record_property("seconds", {"p50": spread[9], "p95": spread[18], "max": max(took)})
    print(door, len(took), "logins: p50", spread[9], "p95", spread[18], "max", max(took))
    assert spread[18 if long else 9] < 3
    refused = [answer for (answer,) in answered if answer.said.startswith(("535 ", "a NO [AUTHENTICATIONFAILED]"))]
    assert len(refused) == len(attempts)
