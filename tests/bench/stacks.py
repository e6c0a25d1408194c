"""The two stacks that are compared: ours, by the repository's compose.yaml, and the bare one beside this file.

Each is a compose project of its own, with ports of its own on 127.0.0.1, the same people and the same password. What an
owner runs on this machine is not touched: other project names, other image names.
"""

import itertools
import json
import os
import random
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

REPOSITORY = Path(__file__).resolve().parents[2]
HERE = "127.0.0.1"
HOSTNAME = "mail.example.test"
DOMAIN = "example.test"
POSTMASTER = f"postmaster@{DOMAIN}"
PASSWORD = "a bench to sit on"
MOST_MAILBOXES = 210
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BARE_IMAGE = "mailstead-bench/bare"
WORLD_IMAGE = "mailstead-bench/world"
_BESIDE = "mailstead-bench.beside"
_HERE = Path(__file__).parent
HASH = (_HERE / "bare" / "hash").read_text().strip()
"""Of PASSWORD: Debian's own kind (yescrypt) at its own cost."""

_PORTS = ("SMTP", "SUBMISSIONS", "SUBMISSION", "IMAPS", "POP3S", "SIEVE")
_OURS = ("MAIL_", "MAILSTEAD_", "POSTFIX_", "COMPOSE_")
_TIMEOUT, _BUILD_TIMEOUT = 300, 1800  # seconds


S = TypeVar("S", bound="Stack")


class BenchError(Exception):
    """Something that had to work did not; the text says what, with the words of the program that failed."""


def box(number: int) -> str:
    """Return the address of a mailbox that takes load, from 1 to MOST_MAILBOXES."""
    return f"box{number}@{DOMAIN}"


class Stack:
    """A compose project with one service, `mail`. `label` names it in reports, `ports` has its published ports by name."""

    def __init__(self, label: str, files: Sequence[Path], place: Path, more: Mapping[str, str] | None = None) -> None:
        self.label = label
        self.files = tuple(files)
        self.more = more or {}
        self.name = f"mailstead-bench-{os.getpid()}-{label}"
        self.container = f"{self.name}-mail-1"
        self.ports = dict(zip(_PORTS, _free_ports(len(_PORTS)), strict=True))
        self._env_file = place / f"{label}.env"
        self._env_file.write_text("".join(f"{name}='{value}'\n" for name, value in self._settings(place).items()))
        named = itertools.chain.from_iterable(("--file", str(file)) for file in self.files)
        self._compose = ["docker", "compose", "-p", self.name, "--env-file", str(self._env_file), *named]

    def _settings(self, place: Path) -> Mapping[str, str]:
        return {f"MAIL_PORT_{name}": str(port) for name, port in self.ports.items()} | {
            "MAILSTEAD_ENV": str(place / f"{self.label}.env"),
            "MAILSTEAD_CONFIG": str(place / "config"),
            "MAIL_BIND_ADDRESS": HERE,
            "MAIL_HOSTNAME": HOSTNAME,
            "MAIL_DOMAINS": DOMAIN,
            "MAIL_POSTMASTER_PASSWORD": PASSWORD,
            **self.more,
        }

    @property
    def network(self) -> str:
        """The network other servers come from."""
        return self.more.get("BENCH_NETWORK", f"{self.name}_default")

    def compose(self, *arguments: str, timeout: float = _TIMEOUT) -> str:
        """Run `docker compose ARGUMENTS` for this stack, return what it printed; BenchError if it fails."""
        return run([*self._compose, *arguments], timeout=timeout)

    def begin_up(self) -> subprocess.Popen:
        """Begin `docker compose up -d` and return at once, with the command that is at it."""
        command = [*self._compose, "up", "-d"]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **_surroundings())

    def exec(self, *command: str, text: str = "") -> str:
        """Run a command in the container with `text` as its input, return what it printed; BenchError if it fails."""
        return run(["docker", "exec", "--interactive", self.container, *command], text)

    def attempt(self, *command: str) -> None:
        """Run a command in the container, whether or not it succeeds."""
        run(["docker", "exec", self.container, *command], checked=False)

    def inspect(self, field: str) -> str:
        """Return a field of `docker inspect`, such as .State.Pid, of the container."""
        return run(["docker", "inspect", "--format", "{{" + field + "}}", self.container]).strip()

    def pid(self) -> int:
        """Return the process id, on the host, of the container's first process."""
        return int(self.inspect(".State.Pid"))

    def pids(self) -> list[int]:
        """Return the process ids, on the host, of the first processes of all its containers."""
        fields = ["docker", "inspect", "--format", "{{.State.Pid}}", *self.compose("ps", "--quiet").split()]
        return [int(one) for one in run(fields).split()]

    def beside(self, *options: str) -> list[str]:
        """Return the words that begin a container on the stack's network; it goes with the stack, at the latest."""
        return ["docker", "run", "--rm", "--init", "--label", f"{_BESIDE}={self.name}", "--network", self.network, *options]

    def make_mailboxes(self, count: int) -> None:
        """See that box1 to box<count> can get mail."""
        raise NotImplementedError

    def mail_log(self) -> str:
        """Return everything Postfix has logged since the container was made."""
        raise NotImplementedError

    def last_words(self) -> str:
        """Return the end of the container's log."""
        return run(["docker", "logs", "--tail", "20", self.container], checked=False)

    def queue(self) -> list[str]:
        """Return the queue each message still in Postfix is in, such as "active" or "deferred" (postqueue(1), -j)."""
        return [json.loads(line)["queue_name"] for line in self.exec("postqueue", "-j").splitlines()]

    def remove(self) -> None:
        """Remove containers, networks and volumes, whatever state they are in."""
        left = run(["docker", "ps", "--all", "--quiet", "--filter", f"label={_BESIDE}={self.name}"]).split()
        if left:
            run(["docker", "rm", "--force", *left], checked=False)
        self.compose("down", "--volumes", "--timeout", "5")


class Ours(Stack):
    """Mailstead, built from the working tree, with the settings a homelab has to make and those that are asked for."""

    def __init__(
        self, place: Path, label: str = "ours", names: "Names | None" = None, settings: Mapping[str, str] | None = None,
        files: Sequence[str] = (),
    ) -> None:
        more = ["ours.yaml", *(["ours-filter.yaml"] if names else []), *files]
        # smtp-source's letters look like spam; where they end is not what is measured.
        spam = {"MAIL_SPAM_GREYLIST": "no", "MAIL_SPAM_JUNK": "999", "MAIL_SPAM_REJECT": "999"}
        own = {"COMPOSE_PROFILES": "filter", "MAIL_RESOLVER": names.address} | spam | names.variables if names else {}
        super().__init__(label, [REPOSITORY / "compose.yaml", *(_HERE / one for one in more)], place, own | (settings or {}))

    def make_mailboxes(self, count: int) -> None:
        """Make the accounts as an owner declares them, all at once."""
        accounts = "".join(f"  {box(number)}: {{password_hash: {HASH}}}\n" for number in range(1, count + 1))
        self.exec("sh", "-c", "cat > /tmp/boxes.yaml", text=f"accounts:\n{accounts}")
        self.exec("mailstead", "apply", "/tmp/boxes.yaml")

    def mail_log(self) -> str:
        """Return the container's log, where every daemon's lines are."""
        return run(["docker", "logs", self.container])


class Bare(Stack):
    """Debian's Postfix and Dovecot and nothing else."""

    def __init__(
        self, place: Path, names: "Names | None" = None, *, label: str = "bare", files: Sequence[str] = ()
    ) -> None:
        more = ["compose.yaml", *(["filter.yaml"] if names else []), *files]
        super().__init__(label, [_HERE / "bare" / one for one in more], place, names.variables if names else {})

    def make_mailboxes(self, count: int) -> None:
        """Nothing to do: the image has MOST_MAILBOXES of them."""

    def mail_log(self) -> str:
        """Return the file Postfix logs to."""
        return self.exec("cat", "/var/log/mail.log")


class Names:
    """A network whose name server answers at once that there is nothing: a filter asks for every letter. `address` is its own."""

    def __init__(self) -> None:
        self.network = f"mailstead-bench-{os.getpid()}"
        self.address = f"10.213.{random.randrange(256)}.2"
        self.variables = {"BENCH_NETWORK": self.network, "BENCH_RESOLVER": self.address}
        run(["docker", "network", "create", "--subnet", self.address.removesuffix("2") + "0/24", self.network])

    def start(self) -> None:
        """Start the name server, by the image of the world around the tests' stacks."""
        build_world()
        where = ["--name", f"{self.network}-names", "--network", self.network, "--ip", self.address]
        run(["docker", "run", "--detach", "--init", *where, WORLD_IMAGE, "unbound", "-d", "-c", "/world/dns.conf"])

    def remove(self) -> None:
        """Remove the name server and the network."""
        run(["docker", "rm", "--force", f"{self.network}-names"], checked=False)
        run(["docker", "network", "rm", self.network], checked=False)


def build_world() -> None:
    """Build the image of what surrounds the tests' stacks: a name server, and somebody who guesses passwords."""
    run(["docker", "build", "--quiet", "--tag", WORLD_IMAGE, str(_HERE.parent / "support" / "world")], timeout=_BUILD_TIMEOUT)


@contextmanager
def both(*, filtered: bool = False, many: bool = False, settings: Mapping[str, str] | None = None) -> Iterator[tuple[Ours, Bare]]:
    """Both stacks, their images built and nothing started yet; at the end both are gone with their volumes.

    With `filtered` each has rspamd, and a network with names of its own. With `many` each lets more than Dovecot's hundred
    clients read at the same time. `settings` are those of ours.
    """

    def make(place: Path) -> tuple[Ours, Bare]:
        if many:
            (place / "config" / "dovecot").mkdir()
            shutil.copy(_HERE / "bare" / "many.conf", place / "config" / "dovecot")
        ours = Ours(place, names=names, settings=settings, files=["ours-many.yaml"] if many else [])
        return ours, Bare(place, names, files=["many.yaml"] if many else [])

    with _names(filtered) as names, _built(make) as pair:
        yield pair


@contextmanager
def with_rimap(settings: Mapping[str, str]) -> Iterator[tuple[Ours, Bare, Bare]]:
    """Both stacks, and a second bare one, `rimap`, whose saslauthd asks Dovecot by IMAP for each who wants to send."""
    with _built(lambda place: (
        Ours(place, settings=settings), Bare(place), Bare(place, label="rimap", files=["rimap.yaml"])
    )) as stacks:
        yield stacks


@contextmanager
def of_ours(labels: Sequence[str]) -> Iterator[Sequence[Ours]]:
    """Several stacks of ours, built and not started; at the end all are gone with their volumes."""
    with _built(lambda place: [Ours(place, label) for label in labels]) as stacks:
        yield stacks


@contextmanager
def with_features(features: Mapping[str, Mapping[str, str]]) -> Iterator[Sequence[Ours]]:
    """Stacks of ours, each by its label with settings of its own; those with a profile have it, and names to go with it."""
    with _names(True) as names, _built(lambda place: [
        Ours(place, label, names if "COMPOSE_PROFILES" in settings else None, settings) for label, settings in features.items()
    ]) as stacks:
        yield stacks


@contextmanager
def _names(wanted: bool) -> Iterator[Names | None]:
    if not wanted:
        yield None
        return
    names = Names()
    try:
        names.start()
        yield names
    finally:
        names.remove()


@contextmanager
def _built(make: Callable[[Path], Sequence[S]]) -> Iterator[Sequence[S]]:
    with TemporaryDirectory(prefix="mailstead-bench-") as folder:
        place = Path(folder)
        (place / "config").mkdir()
        stacks = make(place)
        try:
            for stack in {one.files: one for one in stacks}.values():
                stack.compose("build", timeout=_BUILD_TIMEOUT)
            yield stacks
        finally:
            # A second Ctrl-C would leave a stack behind.
            for ending in ENDINGS:
                signal.signal(ending, signal.SIG_IGN)
            for stack in stacks:
                stack.remove()


def run(command: Sequence[str], text: str = "", *, timeout: float = _TIMEOUT, checked: bool = True) -> str:
    """Run a command with `text` as its input, return its standard output; BenchError if it fails and is `checked`."""
    try:
        done = subprocess.run(command, input=text.encode(), capture_output=True, timeout=timeout, **_surroundings())
    except subprocess.TimeoutExpired:
        raise BenchError(f"{' '.join(command)} was not done after {timeout:g} s") from None
    if checked and done.returncode:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise BenchError(f"{' '.join(command)} ended with {done.returncode}:\n{said}")
    return done.stdout.decode(errors="replace")


def _surroundings() -> dict[str, Any]:
    # The owner's shell may hold variables of a server of his own; they would win over the env file. And Ctrl-C is for the
    # bench alone: it must still be able to take the stacks away.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {"env": environment, "cwd": REPOSITORY, "start_new_session": True}


def _free_ports(count: int) -> list[int]:
    # Below the ports the kernel hands out to clients by itself (ip_local_port_range), so that they stay free.
    candidates = (random.randrange(20000, 32000) for _ in range(100 * count))
    return list(itertools.islice(dict.fromkeys(filter(_is_free, candidates)), count))


def _is_free(port: int) -> bool:
    with socket.socket() as listener:
        try:
            listener.bind((HERE, port))
        except OSError:
            return False
    return True
