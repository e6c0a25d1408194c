"""When somebody last read and last sent, and with which password: what the daemons leave behind, read here.

    ~/.last-login                    Dovecot's last_login (IMAP and POP3): `main`, or the slot of an app password, and a date
    SEEN/sent/LOGIN                  the date of this file is that of the last message sent (witness.py)
    SEEN/app-send-SLOT/LOGIN         the same for an app password, its login as it was typed (saslauthd's PAM)
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from . import DirectoryError, Place
from .mailboxes import folder
from .snapshot import AppPassword

_MAIN = "main"


@dataclass(frozen=True)
class LastUse:
    """When an account was last used, in UTC; None if never."""

    read: datetime | None
    sent: datetime | None


def of_account(place: Place, address: str, logins: Iterable[str]) -> LastUse:
    """Return the last use of an account; `logins` are its own address, and what else it was or is called."""
    return LastUse(_latest(_read(place, address).values()), _latest(_dates(place.seen / "sent", logins)))


def of_app_password(place: Place, address: str, app: AppPassword, spellings: Iterable[str]) -> datetime | None:
    """Return the last use of an app password; `spellings` are all the ways to write the account's logins."""
    read = _read(place, address).get(str(app.slot))
    latest = _latest([*([read] if read else []), *_dates(place.seen / f"app-send-{app.slot}", spellings)])
    # What is older is the use of the one that had this slot before.
    created = app.created_at or datetime.min.replace(tzinfo=UTC)
    return latest if latest and latest >= created else None


def _read(place: Place, address: str) -> Mapping[str, datetime]:
    try:
        lines = (folder(place.mail, address) / ".last-login").read_text(encoding="ascii").splitlines()
        pairs = zip(lines[::2], lines[1::2], strict=True)
        return {key.rpartition("/")[2]: datetime.fromtimestamp(int(seconds), UTC) for key, seconds in pairs}
    except (OSError, ValueError, DirectoryError):
        return {}


def _dates(place: Path, logins: Iterable[str]) -> Iterable[datetime]:
    for login in logins:
        file = place / login
        if file.exists():
            yield datetime.fromtimestamp(file.stat().st_mtime, UTC)


def _latest(moments: Iterable[datetime]) -> datetime | None:
    return max(moments, default=None)
