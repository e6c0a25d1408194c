"""Renewals while many are connected: nobody is cut off, nobody sees half a certificate, and every port follows in time."""

import time
from contextlib import ExitStack

from support import handshakes
from support.acme import LEDGER, note, wait_issued
from support.held import Held
from support.stack import Stack
from support.wait import wait_until

EVERYWHERE = 60  # seconds
SHAKERS = 3
FORGET = f"""
import json, pathlib
place = pathlib.Path({LEDGER!r})
place.write_text(json.dumps(json.loads(place.read_text()) | {{"orders": []}}))
"""


def test_renewals_cut_nobody_off(make_acme, make_person, long: bool):
    """Readers who wait, letters half sent, and others who come and go; `--long` holds more of them, and renews more often."""
    renewals, held_each, least = (20, 50, 10_000) if long else (1, 12, 100)
    stack, ca = make_acme()
    wait_issued(stack, ca)
    people = [make_person(name, stack=stack) for name in ("Ada", "Bea", "Cleo", "Dora", "Enid", "Fay")]
    held = Held(people, idle=held_each, sending=held_each)
    with ExitStack() as shaking:
        tallies = [shaking.enter_context(handshakes.counted(stack)) for _ in range(SHAKERS)]
        took = [renew(stack) for _ in range(renewals)]
        wait_until(lambda: sum(tally.good for tally in tallies) >= least, within=240, what=f"{least} handshakes")
    dropped = held.finish()
    shaken = sum(tally.good for tally in tallies)
    print(f"{renewals} renewals, everywhere after {min(took):.1f} to {max(took):.1f} s; {shaken} handshakes")

    assert dropped == []
    assert [said for tally in tallies for said in tally.bad] == []
    assert max(took) < EVERYWHERE


def renew(stack: Stack) -> float:
    """Renew by hand, more often than the ledger would let us; return the seconds until every port serves the new certificate."""
    began, before = time.monotonic(), note(stack)["serial"]
    stack.exec("python3", "-c", FORGET)
    stack.mailstead("cert", "renew", "--force")
    after = note(stack)["serial"]
    wait_until(lambda: set(handshakes.serials(stack).values()) == {after}, EVERYWHERE, what="every port to serve it")

    assert after != before
    return time.monotonic() - began
