"""One run of the tests: its name, its label on everything in Docker, and the removal of what a dead run left behind."""

import copy
import fcntl
import os
import shutil
import tempfile
import uuid
from collections.abc import Mapping
from pathlib import Path

import docker
from docker.models.resource import Model

from .authority import Authority

LABEL = "test.mailstead.run"
"""Label of every container, network and volume of a run; its value is the run's name."""


class Run:
    """A run of the tests. `client` speaks to Docker, `place` is a folder of its own, `name` begins the names of all it makes.
    `authority` signs the certificates of the world's servers; `owner` is the numeric user the containers' files belong to.
    `environment` holds the variables by which docker(1) speaks to the same engine.

    While it lives it holds a lock in `place`; so another run can tell what is in use from what was left behind.
    """

    def __init__(self) -> None:
        self.client = docker.from_env(timeout=120)
        self.environment: Mapping[str, str] = {}
        self.name = f"mailstead-test-{uuid.uuid4().hex[:8]}"
        self.place = Path(tempfile.gettempdir()) / self.name
        self.place.mkdir(mode=0o700)
        self._lock = (self.place / "lock").open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self.authority = Authority()
        # Mail is kept by a user who is not root (virtual(8) insists), and read by the one who runs the tests.
        self.owner = os.getuid() or 1000

    @property
    def labels(self) -> dict[str, str]:
        """What to label a thing with, so that it is found again."""
        return {LABEL: self.name}

    def folder(self, *names: str) -> Path:
        """Return a new folder of this run that the containers' users may write."""
        folder = self.place.joinpath(*names)
        folder.mkdir(parents=True)
        folder.chmod(0o777)
        return folder

    def at(self, engine: str) -> "Run":
        """Return this run as it works with another engine ("unix:///place"), which need not answer yet."""
        other = copy.copy(self)
        other.client = docker.DockerClient(engine, version=docker.constants.DEFAULT_DOCKER_API_VERSION, timeout=120)
        other.environment = {"DOCKER_HOST": engine}
        return other

    def close(self) -> None:
        """Remove everything of this run."""
        remove(self.client, self.name)
        self._lock.close()
        self.client.close()


def printed(run: Run, image: str, command: list[str], **options: object) -> str:
    """Run a container to its end and return what it printed; AssertionError if it fails. `options` are those of docker run.

    It is removed by hand: on a busy engine the log of one that removes itself is gone before it is read.
    """
    container = run.client.containers.run(image, command, detach=True, labels=run.labels, **options)
    try:
        status = container.wait(timeout=300)["StatusCode"]
        assert status == 0, container.logs().decode(errors="replace")
        return container.logs(stderr=False).decode(errors="replace")
    finally:
        container.remove(force=True)


def sweep(client: docker.DockerClient) -> None:
    """Remove what runs left behind that ended without cleaning up, and nothing of those that are still at it."""
    with Path(tempfile.gettempdir(), f"mailstead-test-sweep.{os.getuid()}").open("w") as broom:
        # Two runs that begin together would get into each other's way.
        fcntl.flock(broom, fcntl.LOCK_EX)
        everything = [*_containers(client, LABEL), *_networks(client, LABEL), *_volumes(client, LABEL)]
        for name in {_labels(thing)[LABEL] for thing in everything}:
            if not _alive(name):
                remove(client, name)


def remove(client: docker.DockerClient, name: str) -> None:
    """Remove the containers, networks, volumes and the folder of the run called `name`."""
    mark = f"{LABEL}={name}"
    for container in _containers(client, mark):
        container.remove(force=True, v=True)
    for thing in [*_networks(client, mark), *_volumes(client, mark)]:
        thing.remove()
    shutil.rmtree(Path(tempfile.gettempdir()) / name, ignore_errors=True)


def _containers(client: docker.DockerClient, mark: str) -> list[Model]:
    # A container may vanish while it is listed; that is no error here.
    return client.containers.list(all=True, filters={"label": mark}, ignore_removed=True)


def _networks(client: docker.DockerClient, mark: str) -> list[Model]:
    return client.networks.list(filters={"label": mark})


def _volumes(client: docker.DockerClient, mark: str) -> list[Model]:
    return client.volumes.list(filters={"label": mark})


def _labels(thing: Model) -> dict[str, str]:
    return thing.attrs.get("Labels") or thing.attrs["Config"]["Labels"]


def _alive(name: str) -> bool:
    try:
        with (Path(tempfile.gettempdir()) / name / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        pass
    return False
