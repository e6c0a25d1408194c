"""Taking over from docker-mailserver: all of it, in one transaction of the directory; or only the report."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ..directory import DirectoryError, Place, apply, audit, change, database, snapshot
from ..directory.declaration import Declaration
from ..directory.differences import Difference
from ..settings import Settings
from . import dms, fit, homes, keeping, maildirs
from .dms import environment
from .found import Found
from .report import Report


@dataclass(frozen=True)
class Sources:
    """What to import: the config directory, the env file, the mail; each may be missing."""

    folder: Path | None = None
    env: Path | None = None
    mail: Path | None = None


@dataclass(frozen=True)
class Taken:
    """What an import did, or would do: the report, the changes in the directory, and the lines for our .env; `ended`: whose
    open sessions are to be ended, since the password is another."""

    report: Report
    differences: tuple[Difference, ...]
    block: tuple[str, ...]
    ended: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Plan:
    declaration: Declaration
    accounts: set[str]
    moves: list[maildirs.Move]
    scripts: dict[str, str]


def take(sources: Sources, settings: Settings, place: Place, *, dry_run: bool) -> Taken:
    """Import what the sources hold; DirectoryError if it cannot be, and then the directory is as it was."""
    if sources.mail and settings.mailbox_format != "maildir":
        kept = f"MAIL_MAILBOX_FORMAT is {settings.mailbox_format}"
        raise DirectoryError(f"only Maildirs are moved, and {kept}; nothing was imported")
    found, report = Found(), Report()
    if sources.folder:
        dms.read(sources.folder, found, report)
    block = _block(sources, found, report)
    with _looked_at(place, dry_run) as directory:
        with change.reading(directory) as connection:
            plan = _planned(snapshot.read(connection), sources, found, report, place)
        # Some rules hold for the whole only: what they refuse is known before a file is touched.
        outcome = _rehearse(plan, settings, directory)
    if not dry_run:
        if outcome.differences:
            change.check_may_change(place)
        outcome = _make(plan, found, settings, place)
    return Taken(report, outcome.differences, tuple(block.lines(str(keeping.folder(place)))), outcome.ended)


@contextmanager
def _looked_at(place: Place, dry_run: bool) -> Iterator[Place]:
    # To look into a directory that is not there yet makes one: then it is one for the look alone.
    file = database(place.url)
    if not dry_run or (file and file.exists()):
        yield place
        return
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/directory.sqlite" if file else place.url
        yield replace(place, url=url, projection=Path(folder, "projection"))


def _block(sources: Sources, found: Found, report: Report) -> environment.Block:
    block = environment.Block()
    if sources.env:
        block = environment.translate(sources.env.name, dms.content(sources.env), found, report)
    environment.complete(block, found, report)
    return block


def _planned(now: snapshot.Snapshot, sources: Sources, found: Found, report: Report, place: Place) -> _Plan:
    declaration = fit.declaration(now, found, report)
    accounts = {one.address for one in (*now.accounts, *(declaration.accounts or ()))}
    moves = maildirs.plan(sources.mail, accounts, place, report) if sources.mail else []
    coming = {move.address: move.source / "home" for move in moves}
    scripts = homes.plan(found.scripts, accounts, coming, place, report)
    return _Plan(declaration, accounts if sources.mail else set(), moves, scripts)


def _rehearse(plan: _Plan, settings: Settings, place: Place) -> apply.Outcome:
    with change.rehearsal(settings, place) as connection:
        return apply.make(connection, plan.declaration, settings)


def _make(plan: _Plan, found: Found, settings: Settings, place: Place) -> apply.Outcome:
    with change.opened(place) as engine:
        with change.transaction(engine, settings, place, audit.caller("import")) as connection:
            outcome = apply.make(connection, plan.declaration, settings)
            if outcome.differences:
                change.raise_counter(connection)
            # Before anybody knows the accounts: until then no letter can arrive where theirs are to be.
            _put_files(plan, found, place)
        if outcome.differences:
            change.show(engine, settings, place)
    return outcome


def _put_files(plan: _Plan, found: Found, place: Place) -> None:
    maildirs.carry_out(plan.moves, plan.accounts, place)
    for address, text in plan.scripts.items():
        homes.write(address, text, place)
    keeping.keep(found.kept, place)
