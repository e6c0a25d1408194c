"""What the verbs of the directory share: they read the settings, say what they did, and print JSON with --json.

Each verb is a function of its own: parsed arguments and the settings in, the exit status out. With --json a verb prints one
JSON value and nothing else; refusals and warnings go to standard error. Each verb imports for itself what needs SQLAlchemy,
so that the help and a refused usage are quick.
"""

import argparse
import functools
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from ..directory import HERE, DirectoryError, Place, at, is_current, mailboxes
from ..kinds import size, size_words
from ..settings import Settings
from . import GOOD, WANTING, add_verb, typed

if TYPE_CHECKING:
    from ..directory.links import Loss
    from ..directory.snapshot import Snapshot

Arguments = argparse.Namespace
Verb = Callable[[Arguments, Settings], int]
MakeVerb = Callable[..., argparse.ArgumentParser]


def project(arguments: Arguments, settings: Settings) -> int:
    """Write the files the daemons read, unless they show the directory as it is."""
    # Only a directory server itself knows whether its mirror is current.
    asked = bool(arguments.place.source) or not is_current(settings, arguments.place)
    written = asked and _reproject(arguments, settings)
    return say(arguments, {"written": written}, "written" if written else "nothing to do")


def _reproject(arguments: Arguments, settings: Settings) -> bool:
    from ..directory import change

    return change.reproject(settings, arguments.place)


def audit(arguments: Arguments, _settings: Settings) -> int:
    """Show who changed what, newest last."""
    from ..directory import audit, change

    with change.reading(arguments.place) as connection:
        found = audit.last(connection, arguments.last)
    facts = [vars(one) | {"at": one.at.isoformat()} for one in found]
    rows = [(moment(one.at), f"{one.who} ({one.interface})", one.action, one.words) for one in found]
    return listing(arguments, facts, [("WHEN", "WHO", "VERB", "WHAT"), *rows])


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of this module to a parser's `add_subparsers()`; each sets `run`, a function of the parsed arguments."""
    make = maker(place)
    make(subparsers, "project", project)
    make(subparsers, "audit", audit).add_argument("--last", type=count, default=50, metavar="N", help="how many (50)")


def maker(place: Place) -> MakeVerb:
    """Return what makes the parser of a verb: make(subparsers, "add", function, "operand")."""
    return functools.partial(_verb, place=place)


def noun(subparsers: Any, name: str, text: str) -> Any:
    """Return the subparsers of a noun such as `account`."""
    return subparsers.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="VERB")


def _verb(group: Any, name: str, verb: Verb, *operands: str, place: Place) -> argparse.ArgumentParser:
    parser = add_verb(group, _guarded(verb), name)
    for operand in operands:
        parser.add_argument(operand, metavar=operand.upper())
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.set_defaults(place=place)
    return parser


def _guarded(verb: Verb) -> Callable[[Arguments], int]:
    @functools.wraps(verb)
    def run(arguments: Arguments) -> int:
        try:
            settings = Settings.read(os.environ)
            arguments.place = at(settings, arguments.place)
            return verb(arguments, settings)
        except DirectoryError as error:
            print(error, file=sys.stderr)
            return WANTING

    return run


def snapshot_of(place: Place) -> "Snapshot":
    """Return the directory as it is."""
    from ..directory import change, snapshot

    with change.reading(place) as connection:
        return snapshot.read(connection)


def meant(arguments: Arguments) -> str:
    """Return the address that was typed; one in a domain's alias becomes the domain's own."""
    from ..directory import change, lookup

    with change.reading(arguments.place) as connection:
        return lookup.meant(connection, arguments.address)


def sign_out(address: str) -> None:
    """End whatever an account has open; say so where that cannot be done."""
    reason = mailboxes.end_sessions(address)
    if reason:
        print(f"whoever is signed in as {address} stays so until the connection ends: {reason}", file=sys.stderr)


def loss_facts(losses: "Iterable[Loss]") -> list[dict[str, Any]]:
    """Return what aliases and groups lost, for JSON."""
    return [{"address": one.address, "target": one.target, "deleted": one.gone} for one in losses]


def loss_lines(losses: "Iterable[Loss]") -> list[str]:
    """Return what aliases and groups lost, in words."""
    return [
        f"{one.address} no longer leads to {one.target}" + ("; it had no other target and is deleted" if one.gone else "")
        for one in losses
    ]


def say(arguments: Arguments, facts: Mapping[str, Any], *lines: str) -> int:
    """Print what was done, as words or as JSON; a password that nobody knows yet is in the facts."""
    password = [f"its password, shown this once: {facts['password']}"] if "password" in facts else []
    print(json.dumps(facts) if arguments.json else "\n".join([*lines, *password]))
    return GOOD


def listing(arguments: Arguments, facts: Sequence[Mapping[str, Any]], table: Sequence[Sequence[str]]) -> int:
    """Print a table, its head first, or its facts as JSON."""
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table)
    print(json.dumps(facts, indent=2) if arguments.json else "\n".join(lines))
    return GOOD


def showing(arguments: Arguments, facts: Mapping[str, Any], lines: Mapping[str, str]) -> int:
    """Print all about one thing, a line each, or its facts as JSON."""
    width = max(map(len, lines))
    words = "\n".join(f"{name.ljust(width)}  {value}" for name, value in lines.items())
    print(json.dumps(facts, indent=2) if arguments.json else words)
    return GOOD


def yes_no(fact: bool) -> str:
    """Return a fact as a word."""
    return "yes" if fact else "no"


def moment(when: datetime | None) -> str:
    """Return a moment to the minute, in UTC."""
    return f"{when:%Y-%m-%d %H:%M}" if when else "never"


def quota_words(quota: int | None, settings: Settings) -> str:
    """Return a quota as it is typed, and whether it is the default."""
    return f"{size_words(settings.quota)} (default)" if quota is None else size_words(quota)


def optional_size(word: str) -> Callable[[str], int | None]:
    """Return what reads a size, or `word` for None, for argparse."""

    return typed(lambda text: None if text == word else size(text), f"a size such as 500M or 10G, or {word}")


def count(text: str) -> int:
    """Read a number from 1 on, for argparse."""
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text)):
        raise argparse.ArgumentTypeError(f'"{text}" is not accepted; allowed: a number from 1')
    return int(text)


def yes(text: str) -> bool:
    """Read yes or no, for argparse."""
    if text not in ("yes", "no"):
        raise argparse.ArgumentTypeError(f'"{text}" is not accepted; allowed: yes or no')
    return text == "yes"
