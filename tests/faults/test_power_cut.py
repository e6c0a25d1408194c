"""The power goes while mail comes in: what was acknowledged is there after the next start, which needs no hand."""

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from faults import clerk, power
from faults.clerk import Clerk, Kept
from faults.ledger import Ledger, Verdict
from faults.load import Load
from faults.power import Cut, Disk
from faults.reading import drain, found, note, throw_away
from support import world
from support.people import Person
from support.run import Run
from support.stack import IMAGE, Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
Powered = Callable[..., object]
SIZES = {4_000: 90, 100_000: 10}
RATE = 60  # messages a second: a cut is to fall among many
AT_ONCE = 30  # letters on their way into mailboxes (20) and in sessions (10): each may be there twice after a cut
ROUND = 4  # cuts that are judged before the mail is thrown away
UNSYNCED = f"""
FROM {world.IMAGE} AS world
FROM {IMAGE}
COPY --from=world /usr/lib/*/libeatmydata.so* /usr/lib/
RUN echo /usr/lib/libeatmydata.so > /etc/ld.so.preload
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One kind of file system where time is short."""
    if "kind" in metafunc.fixturenames:
        kinds = list(power.CHECKS) if metafunc.config.getoption("--long") else ["ext4"]
        metafunc.parametrize("kind", kinds)


@pytest.fixture
def cuts(request: pytest.FixtureRequest, long: bool) -> int:
    """How often the power goes."""
    return request.config.getoption("--cuts") or (200 if long else 2)


@pytest.fixture
def powered(docker_run: Run, open_stack: Callable[..., object]) -> Powered:
    """Have a stack whose power can be cut: `with powered("ext4") as (stack, disk)`."""

    @contextmanager
    def living(kind: str, image: str = IMAGE) -> Iterator[tuple[Stack, Disk]]:
        with power.disk(docker_run, kind) as disk, open_stack(volumes=disk.volumes, image=image) as stack:
            yield stack, disk

    return living


def cut_amid(load: Load, disk: Disk) -> Cut:
    """Cut the power at some moment of the load."""
    load.wait_for_more(random.randint(5, 100), "mail to be taken")
    return disk.cut(load.ledger)


@dataclass(frozen=True)
class Outcome:
    """What was found after a cut. `holds_not`: sentences; UIDs whose mark is gone, and that are another's."""

    verdict: Verdict
    seconds: float
    holds_not: list[str]
    unmarked: list[int]
    other: list[int]

    @property
    def good(self) -> bool:
        """Whether all that was acknowledged holds."""
        return self.verdict.good and not (self.holds_not or self.unmarked or self.other)


def judged(stack: Stack, people: list[Person], cut: Cut, began: float) -> Verdict:
    """Wait until the queue has run empty, and compare with what had been acknowledged at the moment of the cut."""
    drain(stack)
    return cut.ledger.judge(found(stack, people, cut.ledger, (cut.ended, began)))


def started(stack: Stack, disk: Disk, people: list[Person], cut: Cut, kept: Kept) -> Outcome:
    """Start on what a cut has left, and look for all that was acknowledged before it."""
    reader, turning, *_ = people
    began, took = power.boot(stack, disk, cut)
    unmarked, other = clerk.unmarked(reader, kept)
    return Outcome(judged(stack, people[2:], cut, began), took, clerk.missing(stack, kept, turning.address), unmarked, other)


def a_round(stack: Stack, disk: Disk, people: list[Person], cuts: int, figure: Figure) -> list[Outcome]:
    """Cut the power several times under one load; start on each of the copies."""
    throw_away(stack, people)
    stack.world.sink.forget()
    taken = []
    with (
        Load(stack, people[2:], Ledger(sizes=SIZES), rate=RATE) as load,
        Clerk(stack, people[0], people[1].address) as busy,
    ):
        wait_until(lambda: busy.kept.accounts and busy.kept.marked, 60, what="a change and a mark to be acknowledged")
        for _ in range(cuts):
            kept = busy.kept.copy()
            taken.append((cut_amid(load, disk), kept))
    outcomes = [started(stack, disk, people, *one) for one in taken]
    note(taken[-1][0].ledger, [one.verdict for one in outcomes], figure)
    return outcomes


def test_a_power_cut_loses_nothing(powered: Powered, make_person: Callable[..., Person], kind: str, cuts: int, figure: Figure):
    """Mail, accounts, passwords, keys, marks and UIDs. Every file system is whole, and every start needs no hand."""
    with powered(kind) as (stack, disk):
        people = [make_person(name, stack=stack) for name in ("Mark", "Turner", "Rita", "Rolf", "Ruth")]
        outcomes = []
        for begin in range(0, cuts, ROUND):
            outcomes += a_round(stack, disk, people, min(ROUND, cuts - begin), figure)
            assert [one for one in outcomes if not one.good] == []

    assert max(one.verdict.twice for one in outcomes) <= AT_ONCE
    figure(f"power cuts on {kind}", len(outcomes))
    figure("most seconds until it is well after a power cut", round(max(one.seconds for one in outcomes), 1))


def test_a_server_that_does_not_sync_loses_mail(
    docker_run: Run, powered: Powered, make_person: Callable[..., Person], figure: Figure
):
    """The same with libeatmydata, which makes fsync(2) do nothing: so a cut is one, and its ledger sees what it takes."""
    image = f"{IMAGE}-unsynced"
    build(docker_run, image)
    with powered("ext4", image) as (stack, disk):
        people = [make_person(name, stack=stack) for name in ("Rita", "Rolf", "Ruth")]
        disk.settle()
        with Load(stack, people, Ledger(sizes=SIZES), rate=RATE) as load:
            cut = cut_amid(load, disk)
        began, _ = power.boot(stack, disk, cut)
        verdict = judged(stack, people, cut, began)

    figure("acknowledged mail that a server without fsync lost", f"{len(verdict.lost)} of {len(cut.ledger.acknowledged)}")
    assert verdict.lost


def build(run: Run, image: str) -> None:
    """Build the mail image with a libc that does not sync."""
    run.client.images.build(fileobj=io.BytesIO(UNSYNCED.encode()), tag=image, rm=True)


def test_a_cut_takes_what_was_not_synced_and_nothing_else(docker_run: Run):
    """A file that was synced is whole in the copy; one that was not is absent, or empty."""
    with power.disk(docker_run, "ext4") as disk:
        disk.write("synced", synced=True)
        disk.write("unsynced", synced=False)
        cut = disk.cut(Ledger())
        disk.eject()
        disk.insert(cut.image)

        files = disk.files()
    assert files["synced"] == 16384
    assert files.get("unsynced", 0) == 0
