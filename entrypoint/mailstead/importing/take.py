"""Taking over from docker-mailserver: all of it, in one transaction of the directory; or only the report."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from ..directory import Place, apply, audit, change, snapshot
from ..directory.declaration import Declaration
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
    """What an import did, or would do: the report, the changes in the directory, and the lines for our .env."""

    report: Report
    differences: tuple[apply.Difference, ...]
    block: tuple[str, ...]


@dataclass(frozen=True)
class _Plan:
    declaration: Declaration
    moves: list[maildirs.Move]
    scripts: dict[str, str]


def take(sources: Sources, settings: Settings, place: Place, *, dry_run: bool) -> Taken:
    """Import what the sources hold; DirectoryError if it cannot be, and then the directory is as it was."""
    found, report = Found(), Report()
    if sources.folder:
        dms.read(sources.folder, found, report)
    block = _block(sources, found, report)
    act = _look if dry_run else _make
    differences = act(sources, found, report, settings, place)
    return Taken(report, differences, tuple(block.lines(str(keeping.folder(place)))))


def _block(sources: Sources, found: Found, report: Report) -> environment.Block:
    block = environment.Block()
    if sources.env:
        block = environment.translate(sources.env.name, dms.content(sources.env), found, report)
    environment.complete(block, found, report)
    return block


def _look(sources: Sources, found: Found, report: Report, settings: Settings, place: Place) -> tuple[apply.Difference, ...]:
    with change.reading(place) as connection:
        now = snapshot.read(connection)
        plan = _planned(connection, now, sources, found, report, place)
    return apply.differences(now, plan.declaration, settings)


def _make(sources: Sources, found: Found, report: Report, settings: Settings, place: Place) -> tuple[apply.Difference, ...]:
    with change.opened(place) as engine:
        with change.transaction(engine, settings, place, audit.caller("import")) as connection:
            plan = _planned(connection, snapshot.read(connection), sources, found, report, place)
            made = apply.make(connection, plan.declaration, settings, until=datetime.now(UTC)).differences
            if made:
                change.raise_counter(connection)
            # Before anybody knows the accounts: no letter can arrive where theirs are to be.
            maildirs.carry_out(plan.moves, place)
            for address, text in plan.scripts.items():
                homes.write(address, text, place)
            keeping.keep(found.kept, place)
        if made:
            change.show(engine, settings, place)
    return made


def _planned(
    connection: Connection, now: snapshot.Snapshot, sources: Sources, found: Found, report: Report, place: Place
) -> _Plan:
    declaration = fit.declaration(connection, now, found, report)
    accounts = {one.address for one in (*now.accounts, *(declaration.accounts or ()))}
    moves = maildirs.plan(sources.mail, accounts, place, report) if sources.mail else []
    coming = {move.address: move.source / "home" for move in moves}
    return _Plan(declaration, moves, homes.plan(found.scripts, accounts, coming, place, report))
