"""Who signs in with what: the files of PAM and Dovecot. Pure.

PAM tells letter cases apart and Dovecot does not, so that PAM has a line for each way to write a login. Of two lines for one
login in a file both see the first only: an account's app passwords are in a file each. Whoever may not sign in has a `!`, or
no line.
"""

from collections.abc import Iterable, Iterator, Mapping

from ..settings import Settings
from . import APP_SLOTS, MAIL, SHEETS
from .mailboxes import VMAIL
from .routes import mailbox
from .snapshot import Account, AppPassword, Snapshot
from .twins import Twins, all_of, others, twins

NOBODY = "!"
"""No crypt(3) string: every password is wrong, and mail still finds its way."""

_TO_SEND, _TO_READ = ("send", "both"), ("read", "both")


def files(snapshot: Snapshot, settings: Settings) -> Mapping[str, Iterable[str]]:
    """Return the lines of each file."""
    people, known = snapshot.accounts, twins(snapshot)
    senders = [one for one in people if one.may_send and _opens(one)]
    readers = [one for one in people if _opens(one)]
    return {
        "first": (f"{login}:{one.password_hash}" for one in people if _is_first(one) for login in all_of(one.address, known)),
        **{f"app-read-{slot}": _app_read(readers, known, slot) for slot in range(APP_SLOTS)},
        "logins": _other_names(people, known, settings),
        "passwd": (_passwd_line(one, settings) for one in people),
        **_send(senders, known),
        **{f"app-send-{slot}": _app_send(senders, known, slot) for slot in range(APP_SLOTS)},
        **{f"app-forms-{slot}": _app_forms(senders, known, slot) for slot in range(APP_SLOTS)},
        "refusals": _refusals(people, known),
    }


def _opens(account: Account) -> bool:
    return account.enabled and not account.must_change


def _is_first(account: Account) -> bool:
    return account.enabled and account.must_change


def _passwd_line(account: Account, settings: Settings) -> str:
    home = f"{MAIL}/{mailbox(account.address)}"
    return f"{account.address}:{_hash(account)}:{VMAIL}:{VMAIL}::{home}::{_limit(account, settings)}"


def quota(account: Account, settings: Settings) -> int:
    """Return how many bytes an account may keep."""
    return settings.quota if account.quota is None else account.quota


def _limit(account: Account, settings: Settings) -> str:
    return f"userdb_quota_storage_size={quota(account, settings)}B"


def _hash(account: Account) -> str:
    return account.password_hash if _opens(account) else NOBODY


def _other_names(people: Iterable[Account], known: Twins, settings: Settings) -> Iterator[str]:
    taken = {one.address for one in people}
    for one in people:
        account = f"user={one.address} userdb_user={one.address} {_limit(one, settings)}"
        for login in others(one.address, known):
            yield f"{login}:{_hash(one)}:{VMAIL}:{VMAIL}::::{account}"
        for former in sorted(set(one.former) - taken):
            # Nobody signs in by it. Mail that was taken for it before may still wait in the queue.
            yield f"{former}:{NOBODY}:{VMAIL}:{VMAIL}::::{account}"


def _send(senders: Iterable[Account], known: Twins) -> Mapping[str, Iterator[str]]:
    sheets: list[list[Account]] = [[] for _ in SHEETS]
    for one in senders:
        sheets[_sheet(one.address)].append(one)
    plain = {f"send-{number}": _plain(people, known) for number, people in enumerate(sheets)}
    return plain | {f"send-forms-{number}": _forms(people, known) for number, people in enumerate(sheets)}


def _plain(senders: Iterable[Account], known: Twins) -> Iterator[str]:
    return (f"{login}:{one.password_hash}" for one in senders for login in all_of(one.address, known))


def _forms(senders: Iterable[Account], known: Twins) -> Iterator[str]:
    return (f"{form}:{one.password_hash}" for one in senders for form in _other_forms(one, known))


def _sheet(address: str) -> int:
    sign = address[address.rindex("@") - 1]
    return next(number for number, signs in enumerate(SHEETS) if sign in signs or not signs)


def _app_send(senders: Iterable[Account], known: Twins, slot: int) -> Iterator[str]:
    for one, app in _in_slot(senders, slot, _TO_SEND):
        yield from (f"{login}:{app.password_hash}" for login in all_of(one.address, known))


def _app_forms(senders: Iterable[Account], known: Twins, slot: int) -> Iterator[str]:
    for one, app in _in_slot(senders, slot, _TO_SEND):
        yield from (f"{form}:{app.password_hash}" for form in _other_forms(one, known))


def _app_read(readers: Iterable[Account], known: Twins, slot: int) -> Iterator[str]:
    for one, app in _in_slot(readers, slot, _TO_READ):
        for login in all_of(one.address, known):
            # The field tells Dovecot's last_login which password it was.
            yield f"{login}:{app.password_hash}::::::user={one.address} userdb_app={slot}"


def _in_slot(people: Iterable[Account], slot: int, scopes: tuple[str, ...]) -> Iterator[tuple[Account, AppPassword]]:
    return ((one, app) for one in people for app in one.app_passwords if app.slot == slot and app.scope in scopes)


def forms(account: Account) -> list[str]:
    """Return how else the owner of an account may type its address: as when it was made, as phones do, in capitals."""
    return sorted({account.typed, *_capitals(account.address)} - {account.address})


def spellings(account: Account, known: Twins) -> list[str]:
    """Return every way PAM knows to write the logins of an account."""
    return [*all_of(account.address, known), *_other_forms(account, known)]


def _other_forms(account: Account, known: Twins) -> list[str]:
    return [*forms(account), *(form for twin in others(account.address, known) for form in sorted(_capitals(twin) - {twin}))]


def _capitals(login: str) -> set[str]:
    return {login.capitalize(), login.upper()}


def _refusals(people: Iterable[Account], known: Twins) -> Iterator[str]:
    for one in people:
        reason = _why_not(one)
        if reason:
            yield from (f"{login} {reason}" for login in all_of(one.address, known))


def _why_not(account: Account) -> str | None:
    if not account.enabled:
        return "the account is disabled"
    if account.must_change:
        return "its first password must be changed: mailstead account passwd " + account.address
    return None if account.may_send else "the account may not send"
