"""The ways into the directory: change it, read it, project it. One process of a machine at a time.

    with change(settings) as connection:
        accounts.add(connection, "Alice@example.org", passwords.hash(password))

What the block did is committed, and the daemons see it, when the block is left; if it raises, nothing has happened. A
machine that dies between the two leaves a projection that is_current refuses, and the next start projects anew.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, Integer, String, cast, select, update
from sqlalchemy.exc import DBAPIError

from ..dkim.domains import provide
from ..settings import Settings
from ..tree import File
from . import HERE, DirectoryError, Place, alone, audit, groups, is_current, limits, mailboxes, renames, schema, site, snapshot
from .lock import held
from .project import files
from .publish import publish


@contextmanager
def opened(place: Place = HERE) -> Iterator[Engine]:
    """Yield the directory at its newest schema, kept from other writers; DirectoryError if it cannot be used."""
    try:
        with held(place.projection):
            engine = schema.open(place.url)
            try:
                schema.upgrade(engine)
                yield engine
            finally:
                engine.dispose()
    except (DBAPIError, OSError) as error:
        reason = error.orig if isinstance(error, DBAPIError) else error
        # psycopg's take several lines.
        raise DirectoryError(f"the directory cannot be used: {' '.join(str(reason).split())}") from error


@contextmanager
def change(
    settings: Settings, place: Place = HERE, actor: audit.Actor | None = None, *, of: str | None = None
) -> Iterator[Connection]:
    """Yield a connection in a transaction that raises the counter; commit it, then write the projection.

    `actor` is who the audit says it was; by default whoever runs this process. `of`: the one account that is changed, in
    nothing but its passwords, its quota and what it may, or is made; then the others need not be looked at (alone.py).
    """
    check_may_change(place)
    with opened(place) as engine:
        with transaction(engine, settings, place, actor or audit.caller()) as connection:
            raise_counter(connection)
            yield connection
            one = alone.read(connection, of, settings, place) if of else None
        if one:
            _publish(alone.files(one, settings, place.projection), settings, place)
        else:
            show(engine, settings, place)


def check_may_change(place: Place) -> None:
    """Refuse to change what is read from a directory server."""
    if place.source:
        raise DirectoryError(f"domains, accounts, aliases and groups are read from {place.source}; change them there")


@contextmanager
def transaction(engine: Engine, settings: Settings, place: Place, actor: audit.Actor) -> Iterator[Connection]:
    """Yield a connection in a transaction of an opened directory, which is committed if all rules are kept."""
    with engine.execution_options(actor=actor).begin() as connection:
        # Where the database serves several machines, this row makes their changes queue; what is read next is the newest.
        connection.execute(select(schema.meta).where(schema.meta.c.key == "counter").with_for_update())
        with _rules(connection, settings):
            yield connection
        # A new account where a renamed one was has a folder of its own.
        for address in renames.taken_again(connection):
            mailboxes.unlink(place.mail, address)
            renames.forget(connection, address)


@contextmanager
def _rules(connection: Connection, settings: Settings) -> Iterator[None]:
    before = limits.use(connection, settings.quota)
    yield
    limits.check(before, limits.use(connection, settings.quota))
    groups.check_guarded(connection)


@contextmanager
def rehearsal(settings: Settings, place: Place = HERE) -> Iterator[Connection]:
    """Yield a connection in a transaction that is held against all rules, and then rolled back."""
    with opened(place) as engine, engine.execution_options(actor=audit.caller()).connect() as connection:
        with _rules(connection, settings):
            yield connection
        connection.rollback()


@contextmanager
def reading(place: Place = HERE) -> Iterator[Connection]:
    """Yield a connection in a transaction that changes nothing."""
    with opened(place) as engine, schema.steady(engine) as connection:
        yield connection


def reproject(settings: Settings, place: Place = HERE) -> bool:
    """Write the projection of the directory as it is, unless it is there already; return whether it was written."""
    if place.source:
        from .ldap import mirror

        return mirror.refresh(settings, place)
    with opened(place) as engine:
        if is_current(settings, place):
            return False
        show(engine, settings, place)
        return True


def raise_counter(connection: Connection) -> None:
    """Count a change of the directory in the transaction that makes it."""
    value = schema.meta.c.value
    raised = cast(cast(value, Integer) + 1, String(255))
    connection.execute(update(schema.meta).where(schema.meta.c.key == "counter").values(value=raised))


def show(engine: Engine, settings: Settings, place: Place) -> None:
    """Write the projection of an opened directory; DirectoryError if it cannot be written, or not from this content."""
    with _uncollected():
        with schema.steady(engine) as connection:
            now = snapshot.read(connection)
        _publish(files(now, settings, place.projection), settings, place)
    give_keys([one.name for one in now.domains], settings, place)


def give_keys(domains: Iterable[str], settings: Settings, place: Place) -> None:
    """Have mail of domains signed that have no keys yet; DirectoryError if those cannot be written."""
    try:
        provide(domains, settings, place)
    except (OSError, ValueError) as error:
        raise DirectoryError(f"mail of new domains cannot be signed yet: {error}; then type: mailstead dkim check") from error


def _publish(made: Iterable[tuple[str, File]], settings: Settings, place: Place) -> None:
    try:
        publish(made, place, site(settings))
    except OSError as error:
        raise DirectoryError(
            f"the directory is as you asked, but the daemons do not see it yet: {error}; then type: mailstead project"
        ) from error


@contextmanager
def _uncollected() -> Iterator[None]:
    # A hundred thousand accounts are no garbage, and Python would look through them for some again and again.
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()
