"""elsewhere.test and smtp.provider.test: a sink that keeps every message byte for byte, and plays the provider's smarthost."""

from __future__ import annotations

import contextlib
import json
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from .authority import Authority
from .letters import Letter
from .wait import wait_until

if typing.TYPE_CHECKING:
    from .world import World

PROVIDER = "smtp.provider.test"


@dataclass(frozen=True)
class Kept:
    """A message the sink took: its envelope, the port it came to, whether by TLS, with which login, and when (epoch)."""

    letter: Letter
    sender: str
    recipients: tuple[str, ...]
    port: int
    tls: bool
    login: str | None
    at: float


def kept_in(folder: Path) -> Iterator[Kept]:
    """Return the messages that a sink keeps in a folder, oldest first."""
    return map(_read, sorted(folder.glob("*.json")))


def _read(facts: Path) -> Kept:
    values = json.loads(facts.read_text())
    values["recipients"] = tuple(values["recipients"])
    return Kept(letter=Letter(facts.with_suffix(".eml").read_bytes()), at=facts.stat().st_mtime, **values)


class Sink:
    """An aiosmtpd server. `login` and `password` open its smarthost ports; the run's authority signed its certificate."""

    login = "example-login"
    password = 'hunter 2: 100% "sure" \\o/'

    def __init__(self, world: World) -> None:
        self._world = world
        self._kept = world.run.folder(world.name, "sink")
        self._tls = world.run.folder(world.name, "sink-tls")
        self._certify(world.run.authority)
        self._container = world.start(
            "sink",
            ["python3", "/world/sink.py", "/kept", "/tls", self.login, self.password],
            hostname="sink.elsewhere.test",
            dns=[world.resolver],
            user=str(world.run.owner),
            volumes={str(self._kept): {"bind": "/kept", "mode": "rw"}, str(self._tls): {"bind": "/tls", "mode": "ro"}},
        )
        here = world.address(self._container)
        world.tell("elsewhere.test MX 10 sink.elsewhere.test", f"sink.elsewhere.test A {here}", f"{PROVIDER} A {here}")
        wait_until(lambda: b"listening" in self._container.logs(), what="the sink to listen")

    def kept(self) -> list[Kept]:
        """Return all messages, oldest first."""
        return list(self.each())

    def each(self) -> Iterator[Kept]:
        """Return the messages one after the other, oldest first: all of them may be more than fits into memory."""
        return kept_in(self._kept)

    def forget(self) -> None:
        """Throw all messages away."""
        for place in [*self._kept.glob("*.json"), *self._kept.glob("*.eml")]:
            place.unlink()

    def wait_for(self, subject: str, within: float = 30) -> Kept:
        """Return the message with this subject once it is there."""
        return wait_until(lambda: self._find(subject), within, what=f"the sink to get {subject!r}")

    def _find(self, subject: str) -> Kept | None:
        return next((one for one in self.kept() if one.letter.subject == subject), None)

    @contextlib.contextmanager
    def refusing(self, reply: str) -> Iterator[None]:
        """Answer every RCPT with `reply` ("451 4.3.2 Come back later") for a while."""
        refusal = self._kept / "refusal"
        refusal.write_text(reply)
        try:
            yield
        finally:
            refusal.unlink()

    @contextlib.contextmanager
    def forged(self) -> Iterator[None]:
        """Show a certificate that another authority signed for a while."""
        self._change(Authority())
        try:
            yield
        finally:
            self._change(self._world.run.authority)

    def _change(self, authority: Authority) -> None:
        before = self._container.logs().count(b"certificate read")
        self._certify(authority)
        self._container.kill("HUP")
        wait_until(lambda: self._container.logs().count(b"certificate read") > before, what="the sink to change its certificate")

    def _certify(self, authority: Authority) -> None:
        certificate = self._tls / "certificate.pem"
        certificate.write_text(authority.issue(PROVIDER, "sink.elsewhere.test"))
        certificate.chmod(0o644)

    def send(self, sender: str, to: str, letter: bytes, exchanger: str) -> None:
        """Send a letter straight from the sink's machine to a mail exchanger; AssertionError with the words of a refusal."""
        place = self._kept / "outgoing"
        place.write_bytes(letter)
        command = ["python3", "/world/send.py", exchanger, sender, f"/kept/{place.name}", to]
        status, output = self._container.exec_run(command)
        assert status == 0, output.decode()
