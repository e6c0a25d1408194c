"""A ledger of mail: what was acknowledged, against what is found afterwards (the "set" test of Jepsen, for messages).

Each message has a UUID and a body whose SHA-256 is written down; it counts as acknowledged once its 250 (APPEND: OK) is there.
"""

import collections
import hashlib
import random
import re
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field

from support.letters import Letter

MARK = re.compile(rb"^X-Ledger: (\S+)", re.MULTILINE)
SIZES = {4_000: 70, 100_000: 25, 5_000_000: 5}
"""Bytes of a body, and how many messages of a hundred have so many."""
_LINE = 78
# What no compression and no chance repeats; each body is another piece of it, under its own name.
_POOL = b"".join(secrets.token_hex(38).encode() + b"\r\n" for _ in range(2 * max(SIZES) // _LINE))


@dataclass(frozen=True)
class Verdict:
    """UUIDs: acknowledged and not found; found with another body; found and never sent; `twice` counts second copies."""

    lost: set[str]
    corrupt: set[str]
    phantom: set[str]
    twice: int

    @property
    def good(self) -> bool:
        """Whether all that was acknowledged is there, as it was sent, and nothing that nobody sent."""
        return not (self.lost or self.corrupt or self.phantom)


@dataclass
class Ledger:
    """What was sent, and what of it was acknowledged: UUID to SHA-256 of the body. `name` is that of this ledger among others."""

    sizes: dict[int, int] = field(default_factory=lambda: SIZES)
    sent: dict[str, str] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    name: str = field(default_factory=lambda: f"ledger-{uuid.uuid4().hex[:8]}")

    def write(self) -> tuple[str, bytes]:
        """Write a new message down; return its UUID and the message (RFC 5322)."""
        name = str(uuid.uuid4())
        (size,) = random.choices(list(self.sizes), list(self.sizes.values()))
        begin = random.randrange(len(_POOL) // _LINE) * _LINE
        end = begin + size // _LINE * _LINE
        body = name.encode() + b"\r\n" + (_POOL * -(-end // len(_POOL)))[begin:end]
        self.sent[name] = hashlib.sha256(body).hexdigest()
        return name, f"X-Ledger: {name}\r\nSubject: {name}\r\n\r\n".encode() + body

    def acknowledge(self, name: str) -> None:
        """Note that the server has taken a message upon itself."""
        self.acknowledged[name] = self.sent[name]

    def judge(self, letters: Iterable[Letter]) -> Verdict:
        """Compare with the letters that are there, each of them read once."""
        found, corrupt = collections.Counter(), set()
        for letter in letters:
            name = MARK.search(letter.raw)[1].decode()
            found[name] += 1
            if name in self.sent and letter.digest != self.sent[name]:
                corrupt.add(name)
        return Verdict(
            lost=set(self.acknowledged) - set(found),
            corrupt=corrupt,
            phantom=set(found) - set(self.sent),
            twice=found.total() - len(found),
        )
