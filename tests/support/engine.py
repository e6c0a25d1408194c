"""A second Docker engine, in a container of the first one: killed with all that runs in it, and started again."""

import contextlib
import os
import subprocess
from collections.abc import Iterable
from pathlib import Path

import docker
import requests

from .wait import wait_until
from .world import World

IMAGE = os.environ.get("MAILSTEAD_ENGINE_IMAGE", "mailstead/engine")
_HOLDER = {"hold.sh", "sleep", "ps"}
# Mounts, bridges and cgroups: all of what is called privileged that is needed, and that a virtual machine may lack.
_MAY = {
    "cap_add": ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"],
    "device_cgroup_rules": ["a *:* rwm"],
    "security_opt": ["seccomp=unconfined", "apparmor=unconfined"],
}


class Engine:
    """An engine in a world, with disks of its own. `run` is the tests' run as it works in there.

    Its mounts, bridges and rules for packets are its container's own: none is left on the machine, or meets the first engine's.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self._socket = world.run.folder(world.name, "engine") / "docker.sock"
        self.run = world.run.at(f"unix://{self._socket}")

    def start(self, ports: Iterable[int]) -> None:
        """Start it for the first time; these ports at 127.0.0.1 are what its containers publish under the same numbers."""
        client, place = self.world.run.client, str(self.world.run.place)
        client.images.build(path=str(Path(__file__).with_name("engine")), tag=IMAGE, rm=True)
        self._container = client.containers.run(
            IMAGE,
            name=f"{self.world.name}-engine",
            detach=True,
            network=self.world.name,
            labels=self.world.run.labels,
            ports={f"{port}/tcp": ("127.0.0.1", port) for port in ports},
            volumes=["/var/lib/docker", "/var/lib/containerd", f"{place}:{place}"],
            **_MAY,
        )
        self.begin()
        self.run.client.networks.create(self.world.name)

    def load(self, *images: str) -> None:
        """Let it have images of the first engine."""
        saving = subprocess.Popen(["docker", "save", *images], stdout=subprocess.PIPE)
        environment = {**os.environ, **self.run.environment}
        subprocess.run(["docker", "load", "--quiet"], stdin=saving.stdout, env=environment, check=True, stdout=subprocess.DEVNULL)
        assert saving.wait() == 0, f"{images} cannot be read"

    def begin(self) -> None:
        """Start the engine's own processes, and wait until it answers; its containers are its own affair."""
        self._container.exec_run(["/engine/begin.sh", str(self._socket)], detach=True)
        wait_until(self._answers, 60, what="the second engine to answer")

    def _answers(self) -> bool:
        with contextlib.suppress(docker.errors.APIError, requests.ConnectionError):
            return self.run.client.ping()
        return False

    def crash(self) -> None:
        """Kill the engine, containerd, their helpers, and every process of every container in it, at one stroke."""
        self._container.exec_run(["sh", "-c", "kill -9 -1"])
        wait_until(lambda: not self._alive(), what="every process of the second engine to be gone")

    def _alive(self) -> set[str]:
        shown = self._container.exec_run(["ps", "-e", "-o", "comm="]).output.decode()
        return {line.split()[0] for line in shown.splitlines()} - _HOLDER

    def close(self) -> None:
        """End it, and all that is in it."""
        self._container.remove(force=True, v=True)
