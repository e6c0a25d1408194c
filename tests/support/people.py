"""The people of a stack: each has an account, sends through it, and reads what came."""

import contextlib
import re
import smtplib
import uuid
from collections.abc import Iterator
from email.headerregistry import Address

from . import clients, letters, sieve
from .inbox import Inbox
from .letters import Letter, addresses
from .stack import Stack

DOORS = {"submissions": clients.submissions, "submission": clients.submission}


class Person:
    """Somebody with an account: `mailbox` is name and address, `password` what opens it."""

    def __init__(self, stack: Stack, mailbox: Address, password: str) -> None:
        self.stack = stack
        self.mailbox = mailbox
        self.address = mailbox.addr_spec
        self.password = password

    @property
    def inbox(self) -> Inbox:
        """This person's mail."""
        return Inbox(self.stack, self.address, self.password)

    @property
    def home(self) -> str:
        """Where this person's mail lies in the container."""
        return f"/var/mail/{self.mailbox.domain}/{self.mailbox.username}"

    @contextlib.contextmanager
    def signed_in(self, via: str = "submissions") -> Iterator[smtplib.SMTP]:
        """Connect to the port for "submissions" (465) or "submission" (587) and sign in."""
        with DOORS[via](self.stack) as server:
            clients.smtp_plain(server, self.address, self.password)
            yield server

    def send(self, to: object, subject: str, text: str = "", attachment: bytes | None = None, via: str = "submissions") -> Letter:
        """Send a letter to one person or several (people or addresses); return it as it was written."""
        letter = letters.write(self.mailbox, addresses(to), subject, text, attachment)
        with self.signed_in(via) as server:
            server.sendmail(self.address, [one.addr_spec for one in addresses(to)], letter)
        return Letter(letter)

    def post(self, headers: str, to: str, sender: str | None = None) -> None:
        """Send a letter with exactly these headers, under another sender than one's own if need be; SMTPException if refused."""
        with self.signed_in() as server:
            server.sendmail(sender or self.address, [to], f"{headers}\r\n\r\nHello.\r\n".encode())

    def send_hiding_its_size(self, to: "Person", subject: str) -> None:
        """Send a letter of 1.7 MB as a client does that announces no size (RFC 1870)."""
        letter = f"Subject: {subject}\r\n\r\n" + "0123456789abcdef\r\n" * 100_000
        with self.signed_in() as server:
            server.esmtp_features.pop("size")
            server.sendmail(self.address, [to.address], letter.encode())

    def filter_by(self, script: str) -> None:
        """Make `script` (Sieve, RFC 5228) the filter for this person's mail, by ManageSieve."""
        sieve.activate(self.stack, self.address, self.password, script)


def make_person(stack: Stack, name: str, *, domain: str, local_part: str | None = None, password: str | None = None) -> Person:
    """Make an account; without `local_part` its address is new to the stack."""
    local_part = local_part or f"{_plain(name)}-{uuid.uuid4().hex[:6]}"
    password = password or f"the password of {local_part}"
    mailbox = Address(name, local_part, domain)
    stack.mailstead("account", "add", mailbox.addr_spec, "--password-stdin", text=password + "\n")
    return Person(stack, mailbox, password)


def _plain(name: str) -> str:
    return re.sub("[^a-z]", "", name.lower()) or "person"
