"""The verbs of groups: addresses of many."""

from typing import Any

from ..directory import HERE, DirectoryError, Place
from ..settings import Settings
from .directory import Arguments, listing, loss_facts, loss_lines, maker, meant, noun, say, showing, snapshot_of, yes, yes_no


def add(arguments: Arguments, settings: Settings) -> int:
    """Make a group, or add members to one, or set who may post and which headers its letters get."""
    from ..directory import change, groups, lookup

    address = lookup.address(arguments.address)
    options = {"post": arguments.post, "list_id": arguments.list_id}
    reply_to = "" if arguments.reply_to == "none" else arguments.reply_to
    with change.change(settings, arguments.place) as connection:
        added = groups.add(connection, address, arguments.members, **options, reply_to=reply_to)
        count = len(groups.members_of(connection, address))
    said = f"{address} has {count} member" + ("s" if count != 1 else "") + (f"; new: {', '.join(added)}" if added else "")
    return say(arguments, {"address": address, "added": list(added)}, said)


def list_(arguments: Arguments, _settings: Settings) -> int:
    """List the groups: how many are in, and who may post."""
    found = snapshot_of(arguments.place).groups
    rows = [(one.address, str(len(one.members)), one.post) for one in found]
    return listing(arguments, [vars(one) for one in found], [("ADDRESS", "MEMBERS", "WHO MAY POST"), *rows])


def show(arguments: Arguments, _settings: Settings) -> int:
    """Show all about a group: who is in, who may post, which headers its letters get."""
    address = meant(arguments)
    found = [one for one in snapshot_of(arguments.place).groups if one.address == address]
    if not found:
        raise DirectoryError(f"there is no group {address}; mailstead group list shows those there are")
    (one,) = found
    lines = {
        "address": address,
        "members": ", ".join(one.members) or "nobody: it takes no mail",
        "who may post": one.post,
        "List-Id": yes_no(one.list_id),
        "Reply-To": one.reply_to or "no",
    }
    return showing(arguments, vars(one), lines)


def delete(arguments: Arguments, settings: Settings) -> int:
    """Delete a group, or only take the members named out of it."""
    from ..directory import change, groups

    address = meant(arguments)
    with change.change(settings, arguments.place) as connection:
        losses = groups.delete(connection, address, arguments.members)
    gone = [] if arguments.members else [f"{address} is deleted"]
    return say(arguments, {"address": address, "aliases": loss_facts(losses)}, *gone, *loss_lines(losses))


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of groups to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "group", "addresses of many"), maker(place)
    adding, deleting = make(group, "add", add, "address"), make(group, "delete", delete, "address")
    for parser in (adding, deleting):
        parser.add_argument("--member", dest="members", action="append", default=[], metavar="ADDRESS", help="may be repeated")
    adding.add_argument("--post", choices=("anyone", "domain", "members"), help="who may write to it (anyone)")
    adding.add_argument("--list-id", type=yes, metavar="yes|no", help="whether its letters get a List-Id header (no)")
    adding.add_argument("--reply-to", metavar="ADDRESS|none", help="the Reply-To header its letters get (none)")
    make(group, "list", list_)
    make(group, "show", show, "address")
