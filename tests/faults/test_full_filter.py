"""A filter whose disk is full: mail is read, or put off; nothing is taken unread, and what was taken is there."""

from collections.abc import Callable, Iterator

import pytest

from faults.filling import filled, ill
from faults.ledger import Ledger
from faults.load import Load
from faults.reading import judge
from support.filter import LETTING_PASS
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
SMALL = {"type": "tmpfs", "device": "tmpfs", "o": "size=24m,uid=5001,gid=5001"}


@pytest.fixture(scope="module")
def struck(open_stack) -> Iterator[Stack]:
    """A stack whose filter has a small volume."""
    with open_stack(volumes={"filter": SMALL}, COMPOSE_PROFILES="filter", **LETTING_PASS) as stack:
        yield stack


def test_a_filter_with_a_full_disk_costs_nothing_but_time(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """What it has learned cannot be written, and letters have no room in /tmp: health says so, and all goes on afterwards."""
    rounds, ledger = 20 if long else 1, Ledger(sizes={4_000: 9, 100_000: 1})
    with Load(struck, readers, ledger) as load:
        for _ in range(rounds):
            load.wait_for_more(20, "mail to be taken")
            with filled(struck, "/var/lib/filter", service="filter"), filled(struck, "/tmp", service="filter"):
                load.wait_for_attempts(25)
                said = ill(struck, "filter")["disks"]
        load.wait_for_more(20, "mail to be taken again", within=60)
    struck.exec("postqueue", "-f")

    assert "filter is full" in said
    assert "/tmp is full" in said
    figure("refusals while they were full", dict(load.refusals))
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    wait_until(lambda: ill(struck, "filter") == {}, what="the filter to be well")
