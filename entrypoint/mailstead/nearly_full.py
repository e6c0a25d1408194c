"""Which mailboxes are nearly full: those for which Postfix asks Dovecot, at each RCPT, whether a message still fits.

Asking costs more than a tenth of a delivery, and nearly every mailbox has room. Dovecot says when a mailbox comes to nine tenths
of its limit, or back under it (quota warnings); a tenth of a limit is more than the largest message, or the account is
among the small ones, which are always asked about (directory/project.py). So no message that does not fit is let in here; should
one slip by all the same, LMTP puts it off and it waits.
"""

from collections.abc import Iterable
from pathlib import Path

from . import tables, tree
from .places import QUOTA

PERCENT = 90
CLASS = "ask_for_room"
"""The restriction class of Postfix that the table's addresses lead to (main.cf)."""
TABLE = "nearly_full"


def is_small(quota: int, largest: int) -> bool:
    """Whether a tenth of a limit (bytes) cannot take the largest message (bytes)."""
    return quota * (100 - PERCENT) < largest * 100


def note(addresses: Iterable[str], nearly_full: bool, place: Path = QUOTA) -> None:
    """Put addresses into the table or take them out. Run as the owner of mail or as root; OSError if it cannot be written."""
    with tree.alone(place):
        before = _read(place)
        after = before | set(addresses) if nearly_full else before - set(addresses)
        if after != before or not (place / f"{TABLE}.cdb").exists():
            _write(after, place)


def _read(place: Path) -> set[str]:
    try:
        return {line.partition(" ")[0] for line in (place / TABLE).read_text(encoding="utf-8").splitlines()}
    except FileNotFoundError:
        return set()


def _write(addresses: set[str], place: Path) -> None:
    text = "".join(f"{address} {CLASS}\n" for address in sorted(addresses))
    tree.write({str(place / TABLE): tree.File(text=text)}, Path("/"), durable=True, owned=False)
    tables.write(place / f"{TABLE}.cdb", text)
