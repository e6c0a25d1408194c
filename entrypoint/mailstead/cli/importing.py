"""The verb that takes over from another mail server."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..directory import HERE, Place
from ..settings import Settings
from . import GOOD, USAGE, WANTING
from .apply import end_sessions
from .directory import Arguments, maker, noun

if TYPE_CHECKING:
    from ..importing.take import Taken


def dms(arguments: Arguments, settings: Settings) -> int:
    """Take over from docker-mailserver, and report on each line it has; status 0: all is taken, 1: something is left out."""
    if not (arguments.folder or arguments.env):
        print("say what to import: mailstead import dms DIR, or --env FILE, or both", file=sys.stderr)
        return USAGE
    from ..importing import take

    sources = take.Sources(arguments.folder, arguments.env, arguments.mail)
    taken = take.take(sources, settings, arguments.place, dry_run=arguments.dry_run)
    if not arguments.dry_run:
        end_sessions(taken.ended)
    print(json.dumps(_facts(taken), indent=2) if arguments.json else "\n".join(_lines(taken, dry_run=arguments.dry_run)))
    return GOOD if taken.report.complete else WANTING


def _facts(taken: "Taken") -> dict[str, Any]:
    return {
        "report": taken.report.facts(),
        "changes": [str(one) for one in taken.differences],
        "env": list(taken.block),
    }


def _lines(taken: "Taken", *, dry_run: bool) -> list[str]:
    head = "What would change in the directory (nothing was written):" if dry_run else "What changed in the directory:"
    changes = [f"  {one}" for one in taken.differences] or ["  nothing"]
    block = ["", "For your .env:", "", *taken.block] if taken.block else []
    return [*taken.report.lines(), head, *changes, *block]


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verb to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "import", "taking over from another mail server"), maker(place)
    parser = make(group, "dms", dms)
    parser.add_argument("folder", metavar="DIR", type=Path, nargs="?", help="its config directory")
    parser.add_argument("--env", metavar="FILE", type=Path, help="its env file (mailserver.env), to be translated to ours")
    parser.add_argument("--mail", metavar="DIR", type=Path, help="its mail (/var/mail), to be moved to where ours is")
    parser.add_argument("--dry-run", action="store_true", help="only report; write nothing")
