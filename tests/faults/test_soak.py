"""A server that is used for a while holds no more than at the beginning, and its log has an end."""

from collections.abc import Callable

import pytest

from faults.growth import Sample, Watch, growth
from faults.host import on_host
from faults.ledger import Ledger
from faults.load import Load
from faults.reading import judge
from faults.staying import Listening
from support.people import make_person
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
IDLE = 50
WARM = 0.25
"""The part of the time in which processes begin, caches fill, and growth is none."""
GROWTH = 0.1
"""By how much what is held may seem to grow, of itself: it goes up and down with the load."""
LOG = 50_000_000 * 1.1
"""Bytes of log that Docker keeps (compose.yaml), and what a line may be over."""
HELD: dict[str, Callable[[Sample], float]] = {
    "memory": lambda one: one.memory,
    "open files": lambda one: one.files,
    "processes": lambda one: one.processes,
}


def bytes_of_log(stack: Stack) -> int:
    """Return how much of the mail container's log Docker keeps, in all its files."""
    place = stack.container("mail").attrs["LogPath"].rpartition("/")[0]
    return int(on_host(stack, f"cat {place}/*-json.log* | wc -c", volumes={place: {"bind": place, "mode": "ro"}}))


@pytest.mark.long
def test_what_a_used_server_holds_does_not_grow(struck: Stack, minutes: float, figure: Figure):
    """20 messages a second and 50 readers who wait: memory, files and processes stay, no dead ones are left, nothing is lost."""
    people = [make_person(struck, f"Reader {name}", domain="example.test") for name in "abcdefghij"]
    ledger = Ledger({4_000: 1})
    with Load(struck, people, ledger), Listening(people, IDLE) as readers, Watch(struck) as watch:
        wait_until(lambda: watch.lasted() > 60 * minutes, 70 * minutes, what="its end")
        readers.wait_until_all_hear()
    samples = watch.samples[int(len(watch.samples) * WARM) :]
    grown = {name: round(growth(samples, of), 3) for name, of in HELD.items()}

    figure("mean", {name: round(sum(map(of, samples)) / len(samples)) for name, of in HELD.items()})
    figure("growth, as a part of it", grown)
    figure("bytes of log", bytes_of_log(struck))
    assert judge(struck, people, ledger, figure).good
    assert max(grown.values()) < GROWTH
    assert min(sample.zombies for sample in samples[-3:]) == 0
    assert bytes_of_log(struck) < LOG
