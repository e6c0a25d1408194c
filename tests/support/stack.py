"""A stack of ours, as an owner runs it: the repository's compose.yaml, an env file, a folder with his own files."""

import itertools
import json
import os
import random
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import yaml
from docker.models.containers import Container

from .run import Run
from .trust import NamedContext
from .world import World

REPOSITORY = Path(__file__).parents[2]
SENDING = {"SMTP": 25, "SUBMISSIONS": 465, "SUBMISSION": 587}
PORTS = ("SMTP", "SUBMISSIONS", "SUBMISSION", "IMAPS", "POP3S", "SIEVE", "HTTP", "HTTPS")
IMAGES = {
    "MAILSTEAD_IMAGE": os.environ.get("MAILSTEAD_IMAGE", "mailstead/mail"),
    "MAILSTEAD_FILTER_IMAGE": os.environ.get("MAILSTEAD_FILTER_IMAGE", "mailstead/filter"),
}
IMAGE = IMAGES["MAILSTEAD_IMAGE"]
_OURS = ("MAIL_", "MAILSTEAD_", "POSTFIX_", "COMPOSE_")


@dataclass(frozen=True)
class Ran:
    """A command that has ended: its exit status and what it printed, errors last."""

    status: int
    output: str


def build() -> None:
    """Build the stack's images; quick where nothing changed."""
    ran = _run(["docker", "compose", "--profile", "filter", "build"])
    assert ran.status == 0, f"the images cannot be built:\n{ran.output}"


def free_ports(count: int) -> list[int]:
    """Return TCP ports nobody listens on at 127.0.0.1, below those the kernel hands out to clients by itself."""
    candidates = (random.randrange(20000, 32000) for _ in itertools.count())
    return list(itertools.islice(dict.fromkeys(filter(_is_free, itertools.islice(candidates, 50 * count))), count))


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Stack:
    """One compose project in a world, with published ports on 127.0.0.1.

    `settings` are the variables of the env file, over those every flow needs; `config` maps names below /config to texts.
    `name` is the project's, where it is not alone in its world; `volumes` maps names of volumes to the options of Docker's driver
    for them ({"type": "tmpfs", "device": "tmpfs", "o": "size=32m"}); `image` is that of the mail container.
    """

    def __init__(
        self,
        run: Run,
        world: World,
        config: Mapping[str, str],
        settings: Mapping[str, str],
        name: str | None = None,
        volumes: Mapping[str, Mapping[str, str]] | None = None,
        image: str = IMAGE,
    ) -> None:
        self.run = run
        self._volumes = volumes or {}
        self._image = image
        self.world = world
        self._inside = world.inside()
        self.name = name or world.name
        self._place = run.folder(self.name, "stack")
        self.ports = dict(zip(PORTS, free_ports(len(PORTS)), strict=True))
        self.settings = self._defaults() | dict(settings)
        self.hostname = self.settings["MAIL_HOSTNAME"]
        self.domains = self.settings["MAIL_DOMAINS"].split()
        self.config = self._place / "config"
        """The owner's own files: /config in the container."""
        self._write(config)

    def _defaults(self) -> dict[str, str]:
        ports = {f"MAIL_PORT_{name}": str(port) for name, port in self.ports.items()}
        return ports | {
            "MAILSTEAD_ENV": str(self._place / "env"),
            "MAILSTEAD_CONFIG": str(self._place / "config"),
            "MAIL_BIND_ADDRESS": "127.0.0.1",
            "MAIL_HOSTNAME": "mail.example.test",
            "MAIL_DOMAINS": "example.test other.test",
            "MAIL_POSTMASTER_PASSWORD": "the postmaster of the flows",
            "MAIL_RESOLVER": self.world.resolver,
            # People of the tests sign in more often than anybody, and mistype on purpose.
            "MAIL_LOGIN_RATE": "999",
        }

    def _write(self, config: Mapping[str, str]) -> None:
        (self._place / "env").write_text("".join(f"{name}='{value}'\n" for name, value in self.settings.items()))
        self.config.mkdir()
        for name, text in config.items():
            self.configure(name, text)
        (self._place / "override.yaml").write_text(yaml.safe_dump(self._override()))

    def configure(self, name: str, text: str) -> None:
        """Write a file of the owner's below /config."""
        place = self.config / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)

    def use(self, image: str) -> None:
        """Have the mail container made of another image from its next start on."""
        self._image = image
        (self._place / "override.yaml").write_text(yaml.safe_dump(self._override()))

    def _override(self) -> dict[str, object]:
        """The stack joins its world's network, and all of it is labelled; where the world has IPv6, it is at [::1] too."""
        base = yaml.safe_load((REPOSITORY / "compose.yaml").read_text())
        labels, world = {"labels": self.run.labels}, {"name": self.world.name, "external": True}
        services = {service: dict(labels) for service in base["services"]}
        services["mail"]["image"] = self._image
        if self.world.ipv6:
            services["mail"]["ports"] = [f"[::1]:{self.ports[name]}:{inside}" for name, inside in SENDING.items()]
        return {
            "services": services,
            "volumes": {volume: labels | self._driver(volume) for volume in base["volumes"]},
            "networks": {"default": world, "outside": world, "inside": labels | self._inside},
        }

    def _driver(self, volume: str) -> dict[str, object]:
        return {"driver_opts": dict(self._volumes[volume])} if volume in self._volumes else {}

    def compose(self, *arguments: str) -> str:
        """Run `docker compose ARGUMENTS` for this stack and return what it printed; AssertionError if it fails."""
        files = ["-f", str(REPOSITORY / "compose.yaml"), "-f", str(self._place / "override.yaml")]
        env_file = ["--env-file", str(self._place / "env")]
        ran = _run(["docker", "compose", "-p", self.name, *env_file, *files, *arguments], engine=self.run.environment)
        assert ran.status == 0, f"docker compose {' '.join(arguments)} ended with {ran.status}:\n{ran.output}"
        return ran.output

    def up(self, *options: str) -> None:
        """Start, and wait until all is well."""
        self.start(*options)
        self.wait_healthy()

    def start(self, *options: str) -> None:
        """Start, and let the world know where we are."""
        self.compose("up", "--detach", "--no-build", *options)
        self.introduce()

    def wait_healthy(self) -> None:
        """Wait until all is well, and let the world know where we are."""
        ran = self.attempt("mailstead", "health", "--wait", "90")
        assert ran.status == 0, f"{self.name} is not well:\n{ran.output}\n" + "\n".join(self.logs().values())
        self.introduce()

    def introduce(self) -> None:
        """Let the world know where we are."""
        container = self.container("mail")
        mail_exchangers = [f"{domain} MX 10 {self.hostname}" for domain in self.domains]
        self.world.tell(f"{self.hostname} A {self.world.address(container)}", *mail_exchangers)

    def restart(self) -> None:
        """Stop and start the same containers, as `docker compose restart` does."""
        self.compose("restart")
        self.wait_healthy()

    def recreate(self) -> None:
        """Replace the containers and keep the volumes, as after a new image."""
        self.up("--force-recreate")

    def down(self) -> None:
        """Remove the containers and the volumes."""
        self.compose("down", "--volumes", "--timeout", "5")

    def attempt(self, *command: str, text: str = "", environment: Mapping[str, str] = {}) -> Ran:
        """Run a command in the mail container with `text` as its input, and with more variables than the container has."""
        variables = [word for name, value in environment.items() for word in ("--env", f"{name}={value}")]
        docker = ["docker", "exec", "--interactive", *variables, f"{self.name}-mail-1"]
        return _run([*docker, *command], text, self.run.environment)

    def container(self, service: str) -> Container:
        """Return the container of a service."""
        return self.run.client.containers.get(f"{self.name}-{service}-1")

    def exec(self, *command: str, text: str = "") -> str:
        """Like `attempt`; return what it printed, AssertionError if it fails."""
        ran = self.attempt(*command, text=text)
        assert ran.status == 0, f"{' '.join(command)} ended with {ran.status}:\n{ran.output}"
        return ran.output

    def mailstead(self, *arguments: str, text: str = "") -> str:
        """Run `mailstead ARGUMENTS` in the mail container."""
        return self.exec("mailstead", *arguments, text=text)

    def queue(self) -> dict[str, str]:
        """Return the queue by postqueue(1): queue id to the queue it is in ("deferred", "active", ...)."""
        lines = self.exec("postqueue", "-j").splitlines()
        return {entry["queue_id"]: entry["queue_name"] for entry in map(json.loads, lines)}

    def deferred(self) -> set[str]:
        """Return the ids of the letters that wait for another attempt."""
        return {queue_id for queue_id, name in self.queue().items() if name == "deferred"}

    def logs(self, since: float = 1) -> dict[str, str]:
        """Return what each container of the stack has said since a time (seconds of the epoch)."""
        mine = {"label": f"com.docker.compose.project={self.name}"}
        containers = self.run.client.containers.list(all=True, filters=mine)
        return {container.name: container.logs(since=since).decode(errors="replace") for container in containers}

    @cached_property
    def certificate(self) -> str:
        """The certificate the stack shows, in PEM; self-signed, so it is what a client pins."""
        return self.mailstead("cert", "--pem")

    @cached_property
    def trust(self) -> NamedContext:
        """A client's TLS settings: this certificate, for this name, and nothing else."""
        return NamedContext.pinned(self.certificate, self.hostname)


def _run(command: list[str], text: str = "", engine: Mapping[str, str] = {}) -> Ran:
    # The owner's shell may hold variables of a server of his own; they would win over the env file.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)} | IMAGES | engine
    done = subprocess.run(command, input=text.encode(), capture_output=True, env=environment, cwd=REPOSITORY, timeout=300)
    return Ran(done.returncode, done.stdout.decode() + done.stderr.decode())
