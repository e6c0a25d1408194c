"""Passwords that are guessed for sending by Docker's gateway: whose it is, for PAM. Standard library; the keeper's.

Clients that come by the gateway all have its address, so Postfix cannot brake the one who guesses, and PAM is told no address at
all. So it is the account that waits: after so many wrong passwords in a minute its own password is not looked at until the
minute is over, while its app passwords, which nobody guesses, go on (etc/pam.d/smtp).
"""

import re
from collections.abc import Iterator
from pathlib import Path

_LOGIN = rb"sasl_username=([A-Za-z0-9_][A-Za-z0-9._@-]*)"
_FAILED = re.compile(rb": \S+\[([0-9A-Fa-f.:]+)\]: SASL \S+ authentication failed: .*" + _LOGIN + rb"$")
_MINUTE = 60


class Guesses:
    """Counts wrong passwords by the gateways in a file (address and how many in a minute, one a line).

    The logins that have had as many are written to `held`, one a line.
    """

    def __init__(self, held: Path, gateways: Path) -> None:
        lines = gateways.read_text(encoding="ascii").split("\n") if gateways.exists() else []
        self.held = held
        self.gateways = {line.partition(" ")[0] for line in lines if line}
        self.most = int(lines[0].partition(" ")[2]) if lines else 1
        self.times: dict[str, list[float]] = {}
        self.written = ""

    def hear(self, line: bytes, now: float) -> None:
        """Take notice of a line of Postfix's at a time (seconds)."""
        found = _FAILED.search(line) if b"authentication failed" in line else None
        if found and found[1].decode() in self.gateways:
            login = found[2].decode().lower()
            self.times[login] = [*self.times.get(login, ()), now][-self.most :]
            self.write(now)

    def write(self, now: float) -> None:
        """Let PAM know who waits now; OSError where it cannot be written."""
        self.times = {login: times for login, times in self.times.items() if now - times[-1] < _MINUTE}
        text = "".join(f"{form}\n" for login in sorted(self._waiting(now)) for form in (login, login.capitalize(), login.upper()))
        if text != self.written:
            beside = self.held.with_name(f".{self.held.name}.new")
            beside.write_text(text, encoding="ascii")
            beside.rename(self.held)
            self.written = text

    def _waiting(self, now: float) -> Iterator[str]:
        for login, times in self.times.items():
            if len(times) == self.most and now - times[0] < _MINUTE:
                yield login
