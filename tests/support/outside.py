"""outside.test: a second MTA with people of its own."""

from __future__ import annotations

import itertools
import smtplib
import socket
import typing
from email.headerregistry import Address

from . import letters
from .letters import Letter, addresses
from .wait import wait_until

if typing.TYPE_CHECKING:
    from .world import World


class Outside:
    """Debian's Postfix for outside.test. It keeps all mail in one Maildir, and sends anybody's mail by the MX records."""

    def __init__(self, world: World) -> None:
        self._numbers = itertools.count(1)
        self._kept = world.run.folder(world.name, "outside")
        self._container = world.start(
            "outside",
            ["/world/outside.sh"],
            hostname="mx.outside.test",
            dns=[world.resolver],
            environment={"OWNER": world.run.owner},
            ports={"25/tcp": ("127.0.0.1", None)},
            volumes={str(self._kept): {"bind": "/kept", "mode": "rw"}},
        )
        world.tell("outside.test MX 10 mx.outside.test", f"mx.outside.test A {world.address(self._container)}")
        self.port = int(self._container.ports["25/tcp"][0]["HostPort"])
        wait_until(self._greets, what="the second MTA to greet")

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
                return connection.recv(4).startswith(b"220")
        except OSError:
            return False

    def person(self, name: str) -> Outsider:
        """Return somebody at outside.test whom no other test knows."""
        return Outsider(self, Address(name.capitalize(), f"{name}{next(self._numbers)}", "outside.test"))

    def letters(self) -> list[Letter]:
        """Return all mail that outside.test has kept, oldest first, with the line ends of the wire."""
        files = sorted(self._kept.glob("everyone/new/*"), key=lambda file: file.stat().st_mtime_ns)
        return [Letter(file.read_bytes().replace(b"\n", b"\r\n")) for file in files]


class Outsider:
    """A person of outside.test: sends through the second MTA and reads what it kept."""

    def __init__(self, host: Outside, mailbox: Address) -> None:
        self._host = host
        self.mailbox = mailbox
        self.address = mailbox.addr_spec

    def send(self, to: object, subject: str, text: str = "", attachment: bytes | None = None) -> Letter:
        """Send a letter to one person or several (people or addresses); return it as it was written."""
        letter = letters.write(self.mailbox, addresses(to), subject, text, attachment)
        with smtplib.SMTP("127.0.0.1", self._host.port, timeout=60) as server:
            server.sendmail(self.address, [one.addr_spec for one in addresses(to)], letter)
        return Letter(letter)

    @property
    def inbox(self) -> OutsideInbox:
        """The mail this person got."""
        return OutsideInbox(self._host, self.address)


class OutsideInbox:
    """What came for one address of outside.test."""

    def __init__(self, host: Outside, address: str) -> None:
        self._host = host
        self._address = address

    def letters(self) -> list[Letter]:
        """Return this person's letters, oldest first."""
        return [letter for letter in self._host.letters() if letter.message["Delivered-To"] == self._address]

    def wait_for(self, subject: str, within: float = 30) -> Letter:
        """Return the letter with this subject once it is there."""
        return wait_until(lambda: self._find(subject), within, what=f"{self._address} to get {subject!r}")

    def _find(self, subject: str) -> Letter | None:
        return next((letter for letter in self.letters() if letter.subject == subject), None)
