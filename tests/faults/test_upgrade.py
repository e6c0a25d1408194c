"""Data of earlier versions under this one: nothing is missing, whatever interrupts the way there."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from faults import inventory, past
from support.stack import Stack
from support.volumes import PLACES
from support.wait import wait_until

STATE = PLACES["state"]
DOWN = 60  # seconds an upgrade may take
PUT_OFF = "451 4.3.2 Come back later"
KILLS = 3
MORE_KILLS = 20


@pytest.fixture
def up_from(open_stack: Callable[..., object]) -> Callable[..., object]:
    """Have a stack with the data of an earlier version, and a gate to the world, shut: `with up_from(archive) as (stack, gate)`."""

    @contextmanager
    def living(archive: Path) -> Iterator[tuple[Stack, ExitStack]]:
        with ExitStack() as gate:

            def restore(stack: Stack) -> None:
                gate.enter_context(stack.world.sink.refusing(PUT_OFF))
                past.restored(stack, archive)

            with open_stack(first=restore, well=False, **past.SETTINGS) as stack:
                yield stack, gate

    return living


def assert_nothing_is_missing(stack: Stack, archive: Path) -> None:
    """See that all is as the older version had it, the numbers of what waits in the queue among it."""
    noted = past.of(archive)
    now = inventory.take(stack, noted["passwords"], past.ADDRESSES)
    for what in ("people", "addresses", "scripts", "queue"):
        assert now[what] == noted["inventory"][what]
    assert set(now["files"]) >= set(noted["inventory"]["files"])


def assert_what_waits_leaves(stack: Stack, gate: ExitStack) -> None:
    """See that the letters of the queue arrive where they wanted to go."""
    gate.close()
    stack.exec("postqueue", "-f")
    wait_until(lambda: stack.queue() == {}, what="what waited to leave")
    assert sorted(kept.letter.subject for kept in stack.world.sink.kept()) == [f"It waits {number}" for number in range(3)]


@pytest.mark.parametrize("archive", past.archives(), ids=lambda archive: archive.name.partition(".")[0])
def test_data_of_an_older_version_comes_up_whole(up_from: Callable[..., object], archive: Path, record_property: Callable):
    """Letters, UIDs, flags, folders, filters, every way to sign in, keys and queue are the same; nobody waits a minute."""
    began = time.monotonic()
    with up_from(archive) as (old, gate):
        old.wait_healthy()
        took = time.monotonic() - began
        record_property("seconds until all is well with the data of an older version", round(took, 1))

        assert took < DOWN
        assert old.exec("cat", f"{STATE}/version") == "2\n"
        assert_nothing_is_missing(old, archive)
        assert_what_waits_leaves(old, gate)
