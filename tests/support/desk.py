"""A person's desk: the mail programs people use, on this machine, connected to a stack's published ports."""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .stack import Stack
from .world import IMAGE


@dataclass(frozen=True)
class Result:
    """What a program left: its exit status, what it printed, and the host's path of the home folder it ran in."""

    status: int
    output: str
    home: Path


class Desk:
    """A container on the host's network that finds the server's name at 127.0.0.1, as a hosts file would say."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._numbers = itertools.count(1)
        place = stack.run.folder(stack.name, "desk")
        self._container = stack.run.client.containers.run(
            IMAGE,
            name=f"{stack.name}-desk",
            detach=True,
            init=True,
            network_mode="host",
            extra_hosts={stack.hostname: "127.0.0.1"},
            labels=stack.run.labels,
            volumes={str(place): {"bind": "/desk", "mode": "rw"}},
        )
        # Mail programs want to know their user's name.
        status, output = self._container.exec_run(f"useradd --non-unique --uid {stack.run.owner} person")
        assert status == 0, output.decode()

    def run(self, command: str, files: Mapping[str, str] = {}) -> Result:
        """Run a shell command in a new home folder that holds `files` and the server's certificate in `server.pem`."""
        home = self._stack.run.folder(self._stack.name, "desk", str(next(self._numbers)))
        for name, text in {**files, "server.pem": self._stack.certificate}.items():
            (home / name).write_text(text)
            (home / name).chmod(0o666)
        inside = f"/desk/{home.name}"
        environment = {"HOME": inside, "LANG": "C.UTF-8"}
        status, output = self._container.exec_run(["sh", "-c", command], user="person", workdir=inside, environment=environment)
        return Result(status, output.decode(errors="replace"), home)

    def close(self) -> None:
        """Clear the desk."""
        self._container.remove(force=True)
