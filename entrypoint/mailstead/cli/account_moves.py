"""The verbs that end an account, bring it back, or give it another address: each moves its mail."""

import argparse
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ..directory import mailboxes
from ..settings import Settings
from . import asking
from .directory import Arguments, MakeVerb, count, listing, loss_facts, loss_lines, meant, moment, say, sign_out

if TYPE_CHECKING:
    from ..directory.links import Loss

_LONGEST = 36500  # days: a hundred years


def rename(arguments: Arguments, settings: Settings) -> int:
    """Give an account another address; its mail comes along, and all that led to it still does."""
    from ..directory import change, renames

    options = {"postmaster": settings.postmaster, "keep_alias": arguments.keep_alias}
    with change.change(settings, arguments.place) as connection:
        old, new = renames.rename(connection, arguments.address, arguments.new, **options)
        # Before the commit: what cannot be moved is not renamed.
        mailboxes.rename(arguments.place, old, new)
    sign_out(old)
    said = f"{old} is now {new}" + (f"; {old} is an alias of it" if arguments.keep_alias else "")
    return say(arguments, {"address": new, "old": old, "alias": arguments.keep_alias}, said)


def delete(arguments: Arguments, settings: Settings) -> int:
    """Delete an account. Its mail is kept for 30 days, and account restore brings both back; with --keep-mail 0, asks first."""
    address = meant(arguments)
    known = _is_dispensable(arguments, settings, address)
    for_good = not known or not arguments.keep_mail
    if for_good:
        asking.confirm(arguments, address)
    losses = _delete(arguments, settings, address) if known else ()
    if for_good:
        mailboxes.remove(arguments.place.mail, address)
    kept = f" is deleted; its mail is kept for {arguments.keep_mail} days: mailstead account restore {address}"
    said = address + (" and its mail are deleted" if for_good else kept)
    return say(arguments, {"address": address, "aliases": loss_facts(losses)}, said, *loss_lines(losses))


def _is_dispensable(arguments: Arguments, settings: Settings, address: str) -> bool:
    from ..directory import accounts, change, lookup

    folder = mailboxes.folder(arguments.place.mail, address)
    with change.reading(arguments.place) as connection:
        if not lookup.has_account(connection, address) and folder.exists():
            return False  # Mail without an account is what an earlier deletion left when it was cut off.
        accounts.check_dispensable(connection, address, postmaster=settings.postmaster)
        return True


def _delete(arguments: Arguments, settings: Settings, address: str) -> "tuple[Loss, ...]":
    from ..directory import change, deleted

    now = datetime.now(UTC)
    until = now + timedelta(days=arguments.keep_mail) if arguments.keep_mail else None
    with change.change(settings, arguments.place) as connection:
        folder, losses = deleted.delete(connection, address, postmaster=settings.postmaster, now=now, until=until)
    sign_out(address)
    if folder:
        mailboxes.keep(arguments.place, address, folder)
    return losses


def restore(arguments: Arguments, settings: Settings) -> int:
    """Bring back a deleted account with its mail, its password and its aliases."""
    from ..directory import change, deleted

    with change.change(settings, arguments.place) as connection:
        gone = deleted.restore(connection, arguments.address)
        mailboxes.bring_back(arguments.place, gone.folder, gone.address)
    return say(arguments, {"address": gone.address}, f"{gone.address} is back, with its mail; it has no app passwords")


def list_deleted(arguments: Arguments) -> int:
    """List the deleted accounts that can come back."""
    from ..directory import change, deleted

    with change.reading(arguments.place) as connection:
        found = deleted.all_of(connection)
    facts = [{"address": one.address, "until": one.until.isoformat()} for one in found]
    return listing(arguments, facts, [("ADDRESS", "KEPT UNTIL"), *((one.address, moment(one.until)) for one in found)])


def _days(text: str) -> int:
    days = 0 if text == "0" else count(text)
    if days > _LONGEST:
        raise argparse.ArgumentTypeError(f'"{text}" is not accepted; allowed: at most {_LONGEST} days')
    return days


def register(group: Any, make: MakeVerb) -> None:
    """Add the verbs to those of accounts."""
    renaming = make(group, "rename", rename, "address")
    renaming.add_argument("new", metavar="NEW")
    renaming.add_argument("--keep-alias", action="store_true", help="the old address goes on as an alias")
    deleting, kept = make(group, "delete", delete, "address"), f"how long its mail is kept ({mailboxes.DAYS_KEPT})"
    deleting.add_argument("--keep-mail", type=_days, default=mailboxes.DAYS_KEPT, metavar="DAYS", help=kept)
    deleting.add_argument("--yes", action="store_true", help="do not ask")
    make(group, "restore", restore, "address")
