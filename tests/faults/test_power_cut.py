"""The power goes while mail comes in: what was acknowledged is there after the next start, which needs no hand."""

import io
import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from faults import power
from faults.ledger import Ledger, Verdict
from faults.load import Load
from faults.power import Cut, Disk
from faults.reading import drain, found, note, throw_away
from support import world
from support.people import Person
from support.run import Run
from support.stack import IMAGE, Stack

Figure = Callable[[str, object], None]
Powered = Callable[..., object]
SIZES = {4_000: 90, 100_000: 10}
RATE = 60  # messages a second: a cut is to fall among many
AT_ONCE = 30  # letters on their way into mailboxes (20) and in sessions (10): each may be there twice after a cut
ROUND = 4  # cuts that are judged before the mail is thrown away
UNSYNCED = f"""
FROM {world.IMAGE} AS world
FROM {IMAGE}
COPY --from=world /usr/lib/*/libeatmydata.so.* /usr/lib/
RUN echo /usr/lib/libeatmydata.so.1 > /etc/ld.so.preload
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


def judged(stack: Stack, people: list[Person], cut: Cut, began: float) -> Verdict:
    """Wait until the queue has run empty, and compare with what had been acknowledged at the moment of the cut."""
    drain(stack)
    return cut.ledger.judge(found(stack, people, cut.ledger, (cut.ended, began)))


def a_round(stack: Stack, disk: Disk, people: list[Person], cuts: int, figure: Figure) -> list[tuple[Verdict, float]]:
    """Cut the power several times under one load; start on each of the copies; return verdict and seconds of each start."""
    throw_away(stack, people)
    stack.world.sink.forget()
    with Load(stack, people, Ledger(sizes=SIZES), rate=RATE) as load:
        taken = [cut_amid(load, disk) for _ in range(cuts)]
    outcomes = []
    for cut in taken:
        began, took = power.boot(stack, disk, cut)
        outcomes.append((judged(stack, people, cut, began), took))
    note(taken[-1].ledger, [verdict for verdict, _ in outcomes], figure)
    return outcomes


def test_a_power_cut_loses_nothing(powered: Powered, make_person: Callable[..., Person], kind: str, cuts: int, figure: Figure):
    """Every file system is whole after its journal's replay, every start comes up by itself; the last copy is run on."""
    with powered(kind) as (stack, disk):
        people = [make_person(name, stack=stack) for name in ("Rita", "Rolf", "Ruth")]
        outcomes = []
        for begin in range(0, cuts, ROUND):
            outcomes += a_round(stack, disk, people, min(ROUND, cuts - begin), figure)
            assert all(verdict.good for verdict, _ in outcomes), outcomes

    assert max(verdict.twice for verdict, _ in outcomes) <= AT_ONCE
    figure(f"power cuts on {kind}", len(outcomes))
    figure("most seconds until it is well after a power cut", round(max(took for _, took in outcomes), 1))


def test_a_server_that_does_not_sync_loses_mail(
    docker_run: Run, powered: Powered, make_person: Callable[..., Person], figure: Figure
):
    """The same with libeatmydata, which makes fsync(2) do nothing: so a cut is one, and its ledger sees what it takes."""
    image = f"{IMAGE}-unsynced"
    build(docker_run, image)
    with powered("ext4", image) as (stack, disk):
        people = [make_person(name, stack=stack) for name in ("Rita", "Rolf", "Ruth")]
        stack.exec("sync")
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
