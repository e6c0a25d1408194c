"""What a start does about the directory, beside the starting daemons."""

from dataclasses import dataclass, field

from sqlalchemy import Connection

from ..settings import Settings
from . import HERE, DirectoryError, Place, accounts, domains, lookup, passwords
from .change import opened, raise_counter, show


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """What a start has made: domains, the postmaster's account, and its password where that was generated."""

    domains: tuple[str, ...] = ()
    account: str | None = None
    password: str | None = field(default=None, repr=False)


def prepare(settings: Settings, place: Place = HERE) -> Prepared:
    """Bring the directory to its newest schema, add the settings' domains and postmaster, write the projection.

    Doing it twice makes nothing the second time, and writes the same bytes. An alias that MAIL_POSTMASTER names is left
    to be one. DirectoryError if the directory cannot be used.
    """
    with opened(place) as engine:
        with engine.begin() as connection:
            made = _make(connection, settings)
            if made != Prepared():
                raise_counter(connection)
        show(engine, settings, place)
    return made


def _make(connection: Connection, settings: Settings) -> Prepared:
    new = tuple(name for name in settings.domains if domains.add(connection, name))
    postmaster = settings.postmaster
    if lookup.has_account(connection, postmaster) or lookup.has_alias(connection, postmaster):
        return Prepared(domains=new)
    generated = None if settings.postmaster_password else passwords.generate()
    accounts.add(connection, postmaster, _hash(generated or str(settings.postmaster_password)))
    return Prepared(domains=new, account=postmaster, password=generated)


def _hash(password: str) -> str:
    try:
        return passwords.hash(password)
    except ValueError as error:
        raise DirectoryError(f"MAIL_POSTMASTER_PASSWORD is not accepted: {error}") from None
