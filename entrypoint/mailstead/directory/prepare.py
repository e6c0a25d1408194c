"""What a start does about the directory, beside the starting daemons; and what is due from time to time."""

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine

from ..settings import Settings
from . import HERE, DirectoryError, Place, accounts, audit, deleted, domains, is_current, lookup, mailboxes, passwords, renames
from .change import opened, raise_counter, show, transaction


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a start has made: domains, the postmaster's account, and its password where that was generated."""

    domains: tuple[str, ...] = ()
    account: str | None = None
    password: str | None = field(default=None, repr=False)


def prepare(settings: Settings, place: Place = HERE) -> Prepared:
    """Bring the directory to its newest schema, add the settings' domains and postmaster, write the projection.

    Doing it twice makes nothing the second time, and writes the same bytes. An alias that MAIL_POSTMASTER names is left
    to be one. Mail of deleted accounts whose time is over is removed. DirectoryError if the directory cannot be used.
    """
    with opened(place) as engine:
        with transaction(engine, settings, place, audit.START) as connection:
            made = _make(connection, settings)
            if made != Prepared():
                raise_counter(connection)
        if not is_current(settings, place):
            show(engine, settings, place)
        _tidy(engine, settings, place)
    return made


def _make(connection: Connection, settings: Settings) -> Prepared:
    new = tuple(name for name in settings.domains if domains.add(connection, name))
    postmaster = lookup.anywhere(connection, settings.postmaster)  # its domain may have become an alias of another
    if lookup.is_known(connection, postmaster):
        return Prepared(domains=new)
    generated = None if settings.postmaster_password else passwords.generate()
    accounts.add(connection, postmaster, _hash(generated or str(settings.postmaster_password)))
    return Prepared(domains=new, account=postmaster, password=generated)


def _hash(password: str) -> str:
    try:
        return passwords.hash(password)
    except ValueError as error:
        raise DirectoryError(f"MAIL_POSTMASTER_PASSWORD is not accepted: {error}") from None


def _tidy(engine: Engine, settings: Settings, place: Place) -> None:
    with transaction(engine, settings, place, audit.START) as connection:
        for address in renames.all_former(connection):
            mailboxes.unlink_old(place.mail, address)
        for gone in deleted.all_of(connection):
            _finish(connection, gone, place)


def _finish(connection: Connection, gone: deleted.Deleted, place: Place) -> None:
    if gone.until <= datetime.now(UTC):
        # The folder first: a removal that is cut off is taken up again the next time.
        mailboxes.remove_kept(place.mail, gone.folder)
        deleted.forget(connection, gone.folder)
    elif not mailboxes.kept(place.mail, gone.folder).exists() and not lookup.has_account(connection, gone.address):
        mailboxes.keep(place, gone.address, gone.folder)  # a deletion was cut off before this
