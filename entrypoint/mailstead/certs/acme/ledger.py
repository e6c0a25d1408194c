"""What must be remembered between two orders so that a CA is never stormed: on disk, whatever restarts there are."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from ...tree import File, write

PLACE = "acme.json"
"""Its name in the store."""

ORDERS_AN_HOUR = 5
HOUR = 3600
_FIRST_WAIT, _LONGEST_WAIT, _LONGEST_CLOSED = 15, 6 * HOUR, 7 * 24 * HOUR  # seconds


@dataclass(frozen=True)
class Ledger:
    """What was ordered and how it went. Times are seconds since the epoch.

    `orders` are those of the last hour; `rest_until` is when we try again after `failures` in a row, `closed_until` when the CA
    lets us; `trouble` is a sentence on the last failure, `asked` a digest of the settings all that concerns (certs.asked).
    `server` is the directory URL of the CA whose certificate is in service, `issued` when it came, `left_out` the names
    it found fault with. `account` is the URL of our account at the CA of the last order, `issuer` the name of that CA in CAA
    records, where it says one (caaIdentities, RFC 8555, 7.1.1).
    """

    orders: tuple[int, ...] = ()
    failures: int = 0
    rest_until: int = 0
    closed_until: int = 0
    trouble: str | None = None
    asked: str = ""
    server: str = ""
    issued: int = 0
    left_out: tuple[str, ...] = ()
    account: str = ""
    issuer: str = ""

    @classmethod
    def read(cls, place: Path) -> Self:
        """Return what a file says; an empty ledger where there is none, or none that can be read."""
        try:
            found = json.loads(place.read_text(encoding="utf-8"))
            return cls(**{**found, "orders": tuple(map(int, found["orders"])), "left_out": tuple(found["left_out"])})
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def keep(self, place: Path) -> Self:
        """Write it down, durably, and return it; OSError where that cannot be."""
        text = json.dumps(asdict(self), indent=1) + "\n"
        write({str(place): File(text=text, mode=0o600)}, Path("/"), durable=True, owned=False)
        return self

    def concerning(self, asked: str) -> Self:
        """Forget the failures of other settings: who has mended something need not wait for what was wrong before."""
        if asked == self.asked:
            return self
        return replace(self, asked=asked, failures=0, rest_until=0, trouble=None, left_out=())

    def free_at(self, now: int, *, force: bool = False) -> int:
        """Return when the next order may be made; who forces it need not rest, but more than five an hour nobody gets."""
        recent = self._recent(now)
        full = recent[-ORDERS_AN_HOUR] + HOUR if len(recent) >= ORDERS_AN_HOUR else now
        # A wait longer than any there is comes from a clock that ran ahead.
        rest = self.rest_until if not force and self.rest_until <= now + _LONGEST_WAIT else now
        closed = self.closed_until if self.closed_until <= now + _LONGEST_CLOSED else now
        return max(full, rest, closed, now)

    def _recent(self, now: int) -> Sequence[int]:
        # Some may be later than our now: they were made while we waited for our turn.
        return sorted(order for order in self.orders if abs(now - order) < HOUR)

    def ordered(self, now: int, account: str = "", issuer: str = "") -> Self:
        """Count an order, and remember as whom it was made, and of whom."""
        return replace(self, orders=(*self._recent(now), now), account=account, issuer=issuer)

    def failed(self, trouble: str, now: int, retry_after: int | None = None, draw: Callable[[], float] = random.random) -> Self:
        """Note a failure in a sentence, and rest: twice as long each time, less up to half by chance, and as the CA asks."""
        longest = min(_FIRST_WAIT * 2 ** min(self.failures, 20), _LONGEST_WAIT)
        closed = now + min(retry_after or 0, _LONGEST_CLOSED)
        rest = now + int(longest * (1 - draw() / 2))
        return replace(self, failures=self.failures + 1, rest_until=rest, closed_until=closed, trouble=trouble)

    def without(self, names: Sequence[str], now: int) -> Self:
        """Leave out names the CA found fault with, and order again soon: the others shall not wait for them."""
        return replace(self, left_out=(*self.left_out, *names), rest_until=now)

    def succeeded(self, server: str, now: int) -> Self:
        """Note a certificate of this CA."""
        return replace(self, failures=0, rest_until=0, closed_until=0, trouble=None, server=server, issued=now)
