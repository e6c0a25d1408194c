"""Projections for the unit tests: people from a few words, and the projected files by their names."""

from pathlib import Path

from mailstead.directory import SHEETS
from mailstead.directory.project import project
from mailstead.directory.snapshot import Account, Domain, Snapshot
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"


def person(typed: str, **fields: object) -> Account:
    """Return an account as somebody made it."""
    return Account(**{"address": typed.lower(), "typed": typed, "password_hash": HASH} | fields)


POSTMASTER = person("postmaster@example.org")
ORG, NET = Domain(name="example.org"), Domain(name="example.net")


def projected(settings: Settings, *accounts: Account, **fields: object) -> dict[str, list[str]]:
    """Return the lines of each projected file, by its name, for these accounts and the postmaster's."""
    snapshot = Snapshot(**{"counter": 7, "domains": (NET, ORG), "accounts": (*accounts, POSTMASTER)} | fields)
    return {Path(path).name: file.text.splitlines() for path, file in project(snapshot, settings).items()}


def sheets(files: dict[str, list[str]], kind: str) -> list[str]:
    """Return the lines of all files of a kind, `send` or `send-forms`: those of one sign before the @ after the other."""
    return [line for number in range(len(SHEETS)) for line in files[f"{kind}-{number}"]]


def table(lines: list[str]) -> dict[str, str]:
    """Return a lookup table."""
    return dict(line.split(" ", 1) for line in lines)
