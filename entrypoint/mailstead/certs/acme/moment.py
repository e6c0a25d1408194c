"""When a certificate is to be renewed: as the CA suggests (ARI, RFC 9773), else at one third of life left."""

import hashlib
from dataclasses import dataclass

_SETTLED = 3600  # seconds for which a CA that always says "now" is not believed
_LOOK = 6 * 3600  # seconds; RFC 9773, section 4.3.3


@dataclass(frozen=True)
class Life:
    """A certificate's life: from when to when it is valid, when it was issued (epoch seconds), and its serial in hex."""

    not_before: int
    not_after: int
    issued: int
    serial: str

    @property
    def length(self) -> int:
        """Its length in seconds."""
        return self.not_after - self.not_before


@dataclass(frozen=True)
class Suggestion:
    """A CA's renewal information: the window it suggests (epoch seconds), and after how many seconds to ask again."""

    start: int
    end: int
    ask_again: int | None = None


def renewal(life: Life, suggestion: Suggestion | None) -> int:
    """Return when to renew, in epoch seconds; the same answer each time for the same certificate and window."""
    third = life.not_after - life.length // 3
    if suggestion is None or not suggestion.start <= suggestion.end < life.not_after:
        return third
    point = suggestion.start + int((suggestion.end - suggestion.start) * _chance(life.serial))
    # New ones are left alone for a while: a CA whose window has always passed would be asked without end.
    return max(point, life.issued + min(life.length // 10, _SETTLED))


def _chance(serial: str) -> float:
    """Return a number from 0 to 1 that belongs to a serial: a uniform choice without anything to remember."""
    return int.from_bytes(hashlib.sha256(serial.encode()).digest()[:4], "big") / 2**32


def next_look(life: Life, suggestion: Suggestion | None, now: int) -> int:
    """Return when to look again: at the renewal, or earlier to ask the CA and the DNS anew."""
    wished = suggestion.ask_again if suggestion and suggestion.ask_again else _LOOK
    pause = max(60, min(wished, 4 * _LOOK, life.length // 20))
    return max(now, min(renewal(life, suggestion), now + pause))
