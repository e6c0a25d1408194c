"""The verbs of aliases: addresses, and expressions for addresses, that lead to others."""

from types import ModuleType
from typing import Any

from ..directory import HERE, Place
from ..settings import Settings
from .directory import Arguments, listing, loss_facts, loss_lines, maker, noun, say, snapshot_of


def add(arguments: Arguments, settings: Settings) -> int:
    """Let an address lead to others, here or elsewhere; where there is an account, it keeps a copy."""
    from ..directory import change

    with change.change(settings, arguments.place) as connection:
        added = _kind(arguments).add(connection, arguments.address, arguments.targets)
    name = arguments.address if arguments.regexp else arguments.address.lower()
    said = f"{name} now leads to {', '.join(added)}" if added else f"{name} leads there already"
    return say(arguments, {"address": name, "added": list(added)}, said)


def list_(arguments: Arguments, _settings: Settings) -> int:
    """List the aliases and where they lead; expressions last, as they are tried."""
    now = snapshot_of(arguments.place)
    plain = [(address, targets, False) for address, targets in now.aliases.items()]
    found = [*plain, *((f"{one.pattern}@{one.domain}", one.targets, True) for one in now.patterns)]
    facts = [{"address": address, "targets": targets, "regexp": regexp} for address, targets, regexp in found]
    rows = [(address + (" (expression)" if regexp else ""), ", ".join(targets)) for address, targets, regexp in found]
    return listing(arguments, facts, [("ADDRESS", "LEADS TO"), *rows])


def delete(arguments: Arguments, settings: Settings) -> int:
    """Delete an alias, or only the targets named."""
    from ..directory import change

    with change.change(settings, arguments.place) as connection:
        losses = _kind(arguments).delete(connection, arguments.address, arguments.targets)
    return say(arguments, {"aliases": loss_facts(losses)}, *loss_lines(losses))


def _kind(arguments: Arguments) -> ModuleType:
    from ..directory import aliases, patterns

    return patterns if arguments.regexp else aliases


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of aliases to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "alias", "addresses that lead to others"), maker(place)
    for name, verb, some in (("add", add, "+"), ("delete", delete, "*")):
        parser = make(group, name, verb, "address")
        parser.add_argument("targets", metavar="TARGET", nargs=some)
        parser.add_argument("--regexp", action="store_true", help="the part before the @ is a regular expression")
    make(group, "list", list_)
