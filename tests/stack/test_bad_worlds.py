"""Volumes that must not be used: the container ends with a sentence, and what lies there stays as it is."""

import itertools
from collections.abc import Callable, Iterator, Mapping

import pytest

from stack.alone import Alone
from support.run import Run, printed
from support.stack import IMAGE
from support.volumes import PLACES
from support.wait import wait_until

Volumes = dict[str, str]
"""The volumes of a stack: "state", "mail", "queue" to names of Docker's."""


@pytest.fixture(scope="module")
def make_volumes(docker_run: Run) -> Iterator[Callable[[], Volumes]]:
    """Make the volumes of a server: names of ours to names of Docker's."""
    numbers, made = itertools.count(1), []

    def make() -> Volumes:
        name = f"{docker_run.name}-bad-{next(numbers)}"
        new = {kind: docker_run.client.volumes.create(f"{name}-{kind}", labels=docker_run.labels) for kind in PLACES}
        made.extend(new.values())
        return {kind: volume.name for kind, volume in new.items()}

    yield make
    for volume in made:
        volume.remove()


@pytest.fixture
def start(make_alone: Callable[..., Alone]) -> Callable[..., Alone]:
    """Start a server on some volumes: start({"state": "name", ...}, mode="ro")."""

    def make(volumes: Mapping[str, str], mode: str = "rw") -> Alone:
        return make_alone(volumes=[f"{name}:{PLACES[kind]}:{mode}" for kind, name in volumes.items()])

    return make


@pytest.fixture(scope="module")
def used(docker_run: Run, make_volumes: Callable[[], Volumes]) -> Volumes:
    """The volumes of a server that has run and was stopped."""
    return has_run(docker_run, make_volumes())


@pytest.fixture(scope="module")
def others(docker_run: Run, make_volumes: Callable[[], Volumes]) -> Volumes:
    """The volumes of another one."""
    return has_run(docker_run, make_volumes())


def has_run(run: Run, volumes: Volumes) -> Volumes:
    """Let a server run on volumes for a while."""
    server = Alone(run, volumes=[f"{name}:{PLACES[kind]}" for kind, name in volumes.items()])
    try:
        wait_until_well(server)
        assert server.stop().status == 0
        return volumes
    finally:
        server.remove()


def wait_until_well(server: Alone) -> None:
    """Wait until every daemon answers."""
    wait_until(lambda: server.exec("mailstead", "health").status == 0, what="every daemon to answer")


def in_volume(run: Run, volume: str, script: str) -> str:
    """Run a shell script where a volume is mounted at /v; return what it printed."""
    return printed(run, IMAGE, ["-ec", script], entrypoint="sh", volumes={volume: {"bind": "/v", "mode": "rw"}})


def digests(run: Run, volumes: Volumes) -> list[str]:
    """Return the names, dates, owners and content of all that lies in volumes."""
    script = "cd /v && find . -printf '%p %u %m %T@ ' -type f -exec sha256sum {} \\; -o -printf '%p\\n' | sort"
    return [in_volume(run, volume, script) for volume in volumes.values()]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("99", "the data in the volumes has version 99, and this image knows versions up to 2"),
        ("two", "/var/lib/mailstead/version is damaged"),
    ],
)
def test_data_of_a_newer_version_or_of_none_is_not_touched(docker_run: Run, used: Volumes, start, content: str, sentence: str):
    """Status 78, one sentence that says what to do; not a byte and not a date has changed."""
    in_volume(docker_run, used["state"], f"cp -p /v/version /v/kept; printf '{content}' > /v/version")
    before = digests(docker_run, used)
    try:
        ran = start(used).wait(30)

        assert ran.status == 78
        assert ran.output.startswith(f"mailstead: cannot start: {sentence}")
        assert ran.output.count("\n") == 1
        assert digests(docker_run, used) == before
    finally:
        in_volume(docker_run, used["state"], "mv /v/kept /v/version")


@pytest.mark.parametrize("shared", ["state", pytest.param("queue", marks=pytest.mark.long)])
def test_a_second_server_on_a_volume_is_refused(make_volumes, used: Volumes, start, shared: str):
    """The first one goes on, and keeps its volumes until it ends."""
    first = start(used)
    wait_until_well(first)
    second = start(make_volumes() | {shared: used[shared]}).wait(30)

    assert second.status == 78
    assert f"cannot start: the volume {shared} ({PLACES[shared]}) is in use by another container" in second.output
    assert first.exec("mailstead", "health").status == 0
    assert first.stop().status == 0


@pytest.mark.long
def test_swapped_volumes_are_refused(docker_run: Run, used: Volumes, start):
    """Mail at the place of the queue."""
    before = digests(docker_run, used)
    ran = start(used | {"mail": used["queue"], "queue": used["mail"]}).wait(30)

    assert ran.status == 78
    assert "the volume mounted at /var/mail is the volume 'queue', and should be 'mail'" in ran.output
    assert digests(docker_run, used) == before


@pytest.mark.parametrize("foreign", ["state", "queue"])
@pytest.mark.long
def test_a_volume_of_another_server_is_refused(docker_run: Run, used: Volumes, others: Volumes, start, foreign: str):
    """A queue would be sent, and people of another state do not exist here."""
    mixed = used | {foreign: others[foreign]}
    before = digests(docker_run, mixed)
    ran = start(mixed).wait(30)

    assert ran.status == 78
    assert "the volumes are of different servers" in ran.output
    assert digests(docker_run, mixed) == before


def test_a_volume_that_was_lost_is_made_anew(make_volumes, docker_run: Run, used: Volumes, start):
    """The state and the mail go on with an empty queue: losing one volume is no reason to lose the others."""
    server = start(used | {"queue": make_volumes()["queue"]})
    wait_until_well(server)

    assert "is brought there" not in server.log()


def test_a_read_only_volume_is_named(docker_run: Run, used: Volumes, start):
    """The system's word for it, and where."""
    before = digests(docker_run, used)
    ran = start(used, mode="ro").wait(30)

    assert ran.status == 1
    assert ran.output.startswith("mailstead: cannot start: [Errno 30] Read-only file system: '/var/lib/mailstead/")
    assert digests(docker_run, used) == before


def test_volumes_of_the_wrong_owner_get_the_right_one(docker_run: Run, used: Volumes, start):
    """As made by somebody's own hands; root of the container may not change the mode of what is another's."""
    for volume in used.values():
        in_volume(docker_run, volume, "chown 1000:1000 /v; chmod 0700 /v")
    wait_until_well(start(used))
