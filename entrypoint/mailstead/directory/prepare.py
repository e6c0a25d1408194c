"""What a start does about the directory, beside the starting daemons; and what is due from time to time."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine

from ..dkim.domains import present
from ..settings import Settings
from . import (
    HERE,
    DirectoryError,
    Place,
    accounts,
    audit,
    declared,
    deleted,
    domains,
    is_current,
    lookup,
    mailboxes,
    passwords,
    renames,
)
from .change import give_keys, opened, raise_counter, reproject, show, transaction

if TYPE_CHECKING:
    from .apply import Outcome


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a start has made: domains, the postmaster's account, and its password where that was generated.

    `outcome`: what was made of the file that declares the directory; `refused`: why nothing was.
    """

    domains: tuple[str, ...] = ()
    account: str | None = None
    password: str | None = field(default=None, repr=False)
    outcome: "Outcome | None" = None
    refused: str | None = None


def prepare(settings: Settings, place: Place = HERE) -> Prepared:
    """Bring the directory to its newest schema, add the settings' domains and postmaster, write the projection.

    Doing it twice makes nothing the second time, and writes the same bytes. An alias that MAIL_POSTMASTER names is left
    to be one. Mail of deleted accounts whose time is over is removed. DirectoryError if the directory cannot be used.
    What is read from a directory server is only read: it says who there is.
    """
    if place.source:
        reproject(settings, place)
        give_keys(present(settings, place), settings, place)
        return Prepared()
    with opened(place) as engine:
        with transaction(engine, settings, place, audit.START) as connection:
            made = _make(connection, settings)
            if made != Prepared():
                raise_counter(connection)
        # Before the daemons see the directory for the first time: mail for the people of the file is not refused meanwhile.
        made = _declared(engine, settings, place, made)
        if not is_current(settings, place):
            show(engine, settings, place)
        give_keys(present(settings, place), settings, place)
        _tidy(engine, settings, place)
    return made


def _declared(engine: Engine, settings: Settings, place: Place, made: Prepared) -> Prepared:
    if not declared.is_due(place):
        return made
    try:
        data = declared.read(place) or b""
        outcome = _apply(engine, settings, place, data)
    except (DirectoryError, OSError) as error:
        return replace(made, refused=str(error))
    declared.remember(place, data)
    has_another = made.account in {one.name for one in outcome.differences if "password" in one.fields}
    return replace(made, outcome=outcome, password=None if has_another else made.password)


def _apply(engine: Engine, settings: Settings, place: Place, data: bytes) -> "Outcome":
    from . import apply, yaml_reading  # only where there is a file: their imports take a while

    declaration = yaml_reading.read(data)
    with transaction(engine, settings, place, audit.START) as connection:
        outcome = apply.make(connection, declaration, settings)
        if outcome.differences:
            raise_counter(connection)
    return outcome


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
