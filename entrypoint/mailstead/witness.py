"""What Postfix's lines tell about people: who has sent, and why somebody who has an account was refused. Standard library.

The keeper hands each line on. A date is kept as that of an empty file with the name of the login, in the state volume: it
outlives the container, and costs no change of the directory.
"""

import re
from pathlib import Path

_LOGIN = rb"sasl_username=([A-Za-z0-9_][A-Za-z0-9._@-]*)"
_SENT = re.compile(rb": [0-9A-Za-z]+: client=\S+, sasl_method=\S+, " + _LOGIN + rb"$")
_REFUSED = re.compile(rb": SASL \S+ authentication failed: .*" + _LOGIN + rb"$")


class Witness:
    """Listens to Postfix; `seen` is the directory for the dates, `refusals` the projected file of reasons."""

    def __init__(self, seen: Path, refusals: Path) -> None:
        self.seen = seen
        self.refusals = refusals

    def hear(self, line: bytes) -> str | None:
        """Take notice of a line; return the sentence the log should have after it, if any."""
        if b"sasl_username=" not in line:
            return None
        sent, refused = _SENT.search(line), _REFUSED.search(line)
        if sent:
            self._remember(sent[1].decode().lower())
        return self._reason(refused[1].decode().lower()) if refused else None

    def _remember(self, login: str) -> None:
        self.seen.mkdir(parents=True, exist_ok=True)
        (self.seen / login).touch(mode=0o600)

    def _reason(self, login: str) -> str | None:
        for line in self.refusals.read_text(encoding="utf-8").splitlines():
            name, _, reason = line.partition(" ")
            if name == login:
                return f"{login} was refused: {reason}"
        return None
