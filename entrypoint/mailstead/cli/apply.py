"""The verbs of a declared directory: a YAML file made so, and written back."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..directory import HERE, DirectoryError, Place, declared
from ..settings import Settings
from . import CONFIG, GOOD, WANTING
from .directory import Arguments, maker, sign_out, snapshot_of

if TYPE_CHECKING:
    from ..directory.apply import Outcome

_MANY = 20


def apply(arguments: Arguments, settings: Settings) -> int:
    """Make the directory as a YAML file declares it, all or nothing (docs/accounts-yaml.md). Status 78: FILE is wrong."""
    from ..directory import apply, problems, yaml_reading

    data = _read(arguments.file)
    options = {"prune": arguments.prune, "rehearse": arguments.dry_run}
    try:
        outcome = apply.apply(yaml_reading.read(data), settings, arguments.place, **options)
    except problems.DeclarationError as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return CONFIG
    if not arguments.dry_run:
        _finish(arguments, outcome, data)
    print(json.dumps(_facts(outcome), indent=2) if arguments.json else "\n".join(_lines(arguments, outcome)))
    return WANTING if arguments.dry_run and outcome.differences else GOOD


def _read(file: str) -> bytes:
    try:
        if file == "-":
            return declared.read_from(sys.stdin.buffer)
        with open(file, "rb") as opened:
            return declared.read_from(opened)
    except OSError as error:
        hint = "a file of the host is read by: scripts/mailstead apply - < FILE"
        raise DirectoryError(f"{file} cannot be read: {error.strerror}; {hint}") from None


def _finish(arguments: Arguments, outcome: "Outcome", data: bytes) -> None:
    if Path(arguments.file) == arguments.place.declared:
        declared.remember(arguments.place, data)
    end_sessions(outcome.ended)


def end_sessions(ended: tuple[str, ...]) -> None:
    """Sign out whose password has changed, or who may not be here any more; where it is many, everybody."""
    for address in ended if len(ended) <= _MANY else ("*",):
        sign_out(address)


def _facts(outcome: "Outcome") -> dict[str, Any]:
    return {
        "differences": [asdict(one) for one in outcome.differences],
        "passwords": dict(outcome.passwords),
        "undeclared": [{"kind": one.kind, "name": one.name} for one in outcome.undeclared],
    }


def _lines(arguments: Arguments, outcome: "Outcome") -> list[str]:
    file, count = "standard input" if arguments.file == "-" else arguments.file, len(outcome.undeclared)
    some = f"{count} thing{'s are' if count != 1 else ' is'} here that {file} does not declare; --prune removes"
    return [
        *(map(str, outcome.differences) if outcome.differences else [f"nothing to do: all is as {file} declares it"]),
        *([] if arguments.dry_run else password_lines(outcome)),
        *([f"{some} {'them' if count != 1 else 'it'}"] if count else []),
    ]


def password_lines(outcome: "Outcome") -> list[str]:
    """Return the generated passwords, for their owners."""
    return [f"{address}: its password, shown this once: {password}" for address, password in outcome.passwords.items()]


def export(arguments: Arguments, _settings: Settings) -> int:
    """Write the directory as the YAML file that declares it, with its password hashes, to standard output."""
    from ..directory import yaml_writing

    now = snapshot_of(arguments.place)
    print(json.dumps(yaml_writing.facts(now), indent=2) if arguments.json else yaml_writing.text(now), end="")
    return GOOD


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of this module to a parser's `add_subparsers()`."""
    make = maker(place)
    applying = make(subparsers, "apply", apply)
    applying.add_argument("file", metavar="FILE", help="the YAML file, or - for standard input")
    applying.add_argument("--dry-run", action="store_true", help="change nothing; status 1 if there is something to change")
    applying.add_argument("--prune", action="store_true", help="remove what FILE does not declare, of the sections it has")
    make(subparsers, "export", export)
