"""Data of earlier versions under this one: nothing is missing, whatever interrupts the way there."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from faults import inventory, past
from support import clients
from support.stack import Stack
from support.volumes import PLACES
from support.wait import wait_until

STATE = PLACES["state"]
DOWN = 60  # seconds an upgrade may take
PUT_OFF = "451 4.3.2 Come back later"
KILLS, MORE_KILLS = 4, 20
LINES = 16  # of the log, from a container's start until its daemons have begun
BACK = f"cd {STATE} && rm -r projection && cp -a backups/before-2-*/. ."
QUEUE_BACK = f"find {PLACES['queue']} -user 303 -exec chown postfix {{}} +"
OLDEST, *NEWER = past.archives()
ARCHIVES = [OLDEST, *(pytest.param(one, marks=pytest.mark.long) for one in NEWER)]


@pytest.fixture
def up_from(open_stack: Callable[..., object]) -> Callable[..., object]:
    """Have a stack with the data of an earlier version, and a gate to the world, shut: `with up_from(archive) as (stack, gate)`.

    `before` is done to it before its start.
    """

    @contextmanager
    def living(archive: Path, before: Callable[[Stack], object] = lambda _: None) -> Iterator[tuple[Stack, ExitStack]]:
        with ExitStack() as gate:

            def restore(stack: Stack) -> None:
                gate.enter_context(stack.world.sink.refusing(PUT_OFF))
                past.restored(stack, archive)
                before(stack)

            with open_stack(first=restore, well=False, **past.SETTINGS) as stack:
                yield stack, gate

    return living


def kill_again_and_again(stack: Stack, times: int) -> None:
    """Start the mail container and kill it, each time when it has said more: so at every stage of its start."""
    container = stack.container("mail")
    # Docker itself would wait longer and longer before it starts it again.
    container.update(restart_policy={"Name": "no"})
    for number in range(times):
        line = number * LINES // times
        goal = container.logs().count(b"\n") + line
        container.start()
        wait_until(lambda goal=goal: container.logs().count(b"\n") >= goal, what=f"line {line} of a start")
        container.kill()


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
    wait_until(lambda: inventory.all_gone(stack), 60, what="what waited to leave")
    assert sorted(kept.letter.subject for kept in stack.world.sink.kept()) == [f"It waits {number}" for number in range(3)]


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name.partition(".")[0])
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


def test_an_upgrade_killed_again_and_again_ends_as_if_it_had_not_been(up_from: Callable[..., object], long: bool):
    """At four moments (twenty in the long form) spread over the start; one backup, and it is of the data as it was."""
    archive = OLDEST
    with up_from(archive, lambda stack: kill_again_and_again(stack, MORE_KILLS if long else KILLS)) as (old, gate):
        old.wait_healthy()

        assert_nothing_is_missing(old, archive)
        assert_what_waits_leaves(old, gate)
        (backup,) = old.exec("ls", f"{STATE}/backups").split()
        assert old.exec("cat", f"{STATE}/backups/{backup}/version") == "1\n"


def test_a_first_start_killed_again_and_again_leaves_no_trace(open_stack: Callable[..., object], make_person, long: bool):
    """The postmaster can sign in by every way, so can new people, and nothing was taken for older data."""

    def strike(stack: Stack) -> None:
        stack.compose("create", "--no-build")
        kill_again_and_again(stack, MORE_KILLS if long else KILLS)

    with open_stack(first=strike) as stack:
        person = make_person("Nina", stack=stack)
        everybody = [("postmaster@example.test", stack.settings["MAIL_POSTMASTER_PASSWORD"]), (person.address, person.password)]

        assert [clients.opening(stack, *one) for one in everybody] == [set(clients.WAYS)] * 2
        assert stack.attempt("ls", f"{STATE}/backups").status != 0
        assert stack.exec("cat", f"{STATE}/version") == "2\n"


@pytest.mark.long
def test_there_is_a_way_back(up_from: Callable[..., object]):
    """The backup copied over the state, as docs/upgrading.md says, is the older data; its own image runs on it."""
    archive = OLDEST
    image = past.build(archive.name.partition(".")[0].partition("-")[2])
    with up_from(archive) as (stack, gate):
        stack.wait_healthy()
        stack.compose("stop")
        stack.compose("run", "--rm", "--cap-add", "FOWNER", "--entrypoint", "sh", "mail", "-c", BACK)
        assert stack.container("mail").status == "exited"
        stack.use(image)
        # Where this image has the same numbers, this does nothing.
        stack.compose("run", "--rm", "--entrypoint", "sh", "mail", "-c", QUEUE_BACK)
        stack.up()

        assert stack.exec("cat", f"{STATE}/version") == "1\n"
        assert_nothing_is_missing(stack, archive)
        assert_what_waits_leaves(stack, gate)
