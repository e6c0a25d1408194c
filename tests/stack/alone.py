"""One container of the mail image by itself: hardened as compose.yaml says, with volumes of its own, and no network."""

import io
import itertools
import tarfile
from collections.abc import Mapping, Sequence

import yaml

from support.run import Run
from support.stack import IMAGE, REPOSITORY, Ran
from support.volumes import PLACES

VOLUMES = tuple(PLACES.values())
_numbers = itertools.count(1)


class Alone:
    """A container that runs `mailstead up`, or another verb.

    `config` maps names below /config to texts; `volumes` are where volumes are mounted; `without` is a capability of
    compose.yaml's that this container does not get; the rest is its environment.
    """

    def __init__(
        self,
        run: Run,
        *verb: str,
        config: Mapping[str, str] | None = None,
        volumes: Sequence[str] = VOLUMES,
        without: str = "",
        **environment: str,
    ) -> None:
        self.name = f"{run.name}-alone-{next(_numbers)}"
        folder = run.folder(self.name)
        for name, text in (config or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text)
        self._container = run.client.containers.run(
            IMAGE,
            list(verb) or None,
            name=self.name,
            detach=True,
            environment=environment,
            network_mode="none",
            labels=run.labels,
            volumes=[*volumes, f"{folder}:/config:ro"],
            **_hardening(without),
        )

    def wait(self, within: float = 60) -> Ran:
        """Wait for the end of the container; return its exit status and its log."""
        status = self._container.wait(timeout=within)["StatusCode"]
        return Ran(status, self.log())

    def log(self) -> str:
        """Return what it has said."""
        return self._container.logs().decode()

    def exec(self, *command: str) -> Ran:
        """Run a command in it."""
        status, output = self._container.exec_run(list(command))
        return Ran(status, output.decode())

    def stop(self) -> Ran:
        """Ask it to stop, as `docker stop` does with compose.yaml's grace."""
        self._container.stop(timeout=20)
        return self.wait()

    def kept(self, folder: str) -> list[str]:
        """Return the names of what lies in a folder, also when it has ended."""
        pieces, _ = self._container.get_archive(folder)
        with tarfile.open(fileobj=io.BytesIO(b"".join(pieces))) as archive:
            return archive.getnames()[1:]

    def remove(self) -> None:
        """Remove it and its volumes."""
        self._container.remove(force=True, v=True)


def _hardening(without: str) -> dict[str, object]:
    service = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())["services"]["mail"]
    kept = {name: service[name] for name in ("read_only", "cap_drop", "cap_add", "security_opt")}
    kept["cap_add"] = [name for name in kept["cap_add"] if name != without]
    return kept | {"tmpfs": dict(mount.split(":", 1) for mount in service["tmpfs"])}
