"""Restarts by the owner under load: status 0, seconds without service, and no letter half taken."""

import time
from collections.abc import Callable

import pytest

from faults.host import state
from faults.ledger import Ledger
from faults.load import Load
from faults.reading import judge
from support.people import Person
from support.stack import Stack

Figure = Callable[[str, object], None]
WAYS = {"restart": ("restart",), "recreation": ("up", "--detach", "--no-build", "--force-recreate")}


@pytest.mark.parametrize("way", WAYS)
def test_a_restart_under_load_is_short_and_loses_nothing(
    struck: Stack, readers: list[Person], long: bool, figure: Figure, way: str
):
    """Mail is taken again within seconds of the first refusal, nineteen times of twenty; what was half taken is nowhere."""
    ledger, outages = Ledger({4_000: 1}), []
    with Load(struck, readers, ledger) as load:
        for _ in range(20 if long else 2):
            load.wait_for_every_kind("mail to be taken")
            began = time.monotonic()
            struck.compose(*WAYS[way])
            struck.introduce()
            load.wait_for_every_kind("mail to be taken again")
            outages.append(time.monotonic() - began)

    figure(f"longest of {len(outages)} outages by a {way}, the stop included (s)", round(max(outages), 1))
    assert state(struck)["Status"] == "running"
    assert sorted(outages)[int(0.95 * (len(outages) - 1))] < 15
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
