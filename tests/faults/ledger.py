"""A ledger of mail: what was acknowledged, against what is found afterwards (the "set" test of Jepsen, for messages).

Each message has a UUID and a body whose SHA-256 is written down; it counts as acknowledged once its 250 is there.
"""

import collections
import hashlib
import secrets
import smtplib
import threading
import uuid
from dataclasses import dataclass, field

from support import clients
from support.letters import Letter
from support.people import Person
from support.stack import Stack

PACE = 0.05  # seconds between two messages of a session
SESSIONS = 4


@dataclass(frozen=True)
class Verdict:
    """UUIDs: acknowledged and not found; found with another body; found and never sent; `twice` counts second copies."""

    lost: set[str]
    corrupt: set[str]
    phantom: set[str]
    twice: int


@dataclass
class Ledger:
    """What was sent, and what of it was acknowledged: UUID to SHA-256 of the body."""

    sent: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)

    def judge(self, letters: list[Letter]) -> Verdict:
        """Compare with the letters that are there."""
        found = collections.Counter(letter.message["X-Ledger"] for letter in letters)
        digests = {letter.message["X-Ledger"]: letter.digest for letter in letters}
        return Verdict(
            lost=set(self.acknowledged) - set(found),
            corrupt={name for name, digest in digests.items() if self.sent.get(name, digest) != digest},
            phantom=set(found) - set(self.sent),
            twice=sum(found.values()) - len(found),
        )


class Load:
    """Sessions of other servers on port 25 that go on writing to a person while the `with` lasts, whatever happens."""

    def __init__(self, stack: Stack, person: Person, ledger: Ledger) -> None:
        self._stack = stack
        self._person = person
        self._ledger = ledger
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._session) for _ in range(SESSIONS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _session(self) -> None:
        while not self._over.is_set():
            try:
                with clients.smtp(self._stack) as server:
                    while not self._over.wait(PACE):
                        self._send(server)
            except (OSError, smtplib.SMTPException):
                self._over.wait(PACE)  # nobody there now: try again

    def _send(self, server: smtplib.SMTP) -> None:
        name = str(uuid.uuid4())
        body = b"".join(secrets.token_hex(450).encode() + b"\r\n" for _ in range(secrets.choice([1, 3, 30])))
        letter = f"X-Ledger: {name}\r\nSubject: {name}\r\n\r\n".encode() + body
        self._ledger.sent[name] = hashlib.sha256(body).hexdigest()
        # From nobody (RFC 5321, 4.5.5): no answer is wanted, and no sender need exist.
        server.sendmail("", [self._person.address], letter)
        self._ledger.acknowledged[name] = self._ledger.sent[name]


def letters(person: Person) -> list[Letter]:
    """Return every letter in a person's inbox."""
    with person.inbox.imap() as server:
        answer = server.uid("FETCH", "1:*", "(BODY.PEEK[])")[1]
        return [Letter(part[1]) for part in answer if isinstance(part, tuple)]
