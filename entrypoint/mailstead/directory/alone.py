"""The projection of a change that concerned one account alone: its lines in place of those it had, and nothing read but them.

What a whole projection of a hundred thousand accounts takes longest for is the other ones. Where it cannot be known that these
stay as they are, there is no such short way, and the projection is made whole. Both come to the same bytes.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Column, ColumnElement, Connection, func, or_, select

from .. import names
from ..settings import Settings
from ..tree import File
from . import Place, links, logins, lookup, schema, shown, site, snapshot
from .project import SECRET, Content, contents, file, text
from .twins import twins

_PLACES = ("senders", "addresses")
"""The tables of what an account is called, which stay as they are unless it is new."""

_OF_OTHERS = ("sender-patterns", "own-senders", "list-ids", "reply-tos", "restricted", "posting", "patterns", "domains")


@dataclass(frozen=True)
class Alone:
    """An account, in a snapshot without any other; `new` if it is in no projection yet."""

    snapshot: snapshot.Snapshot
    new: bool


def read(connection: Connection, text: str, settings: Settings, place: Place) -> Alone | None:
    """Return the account that was all this transaction changed: in its passwords, its quota, what it may, or by being made.

    None if the lines of others may depend on it, or if the projection is not that of the state before.
    """
    address = lookup.address(text)
    now = snapshot.read_alone(connection, address)
    if not now.accounts or now.accounts[0].former or shown(place) != (str(now.counter - 1), site(settings)):
        return None
    new = not _has(_read(place.projection / "passwd"), f"{address}:")
    if new and (address == settings.postmaster or _is_meant(connection, address)):
        return None
    return Alone(now, new)


def _read(path: Path) -> str:
    return path.read_bytes().decode()


def _is_meant(connection: Connection, address: str) -> bool:
    """Whether anything in the directory leads to an address, or is at it."""
    columns = [column for _, column in links.TARGETS]
    columns += [schema.senders.c.address, schema.former_addresses.c.address, schema.aliases.c.address]
    return any(connection.execute(select(one).where(_means(one, address)).limit(1)).first() for one in columns)


def _means(column: Column, address: str) -> ColumnElement[bool]:
    with_detail = func.lower(column).startswith(f"{names.local_part_of(address)}+", autoescape=True)
    in_domain = func.lower(column).endswith(f"@{names.domain_of(address)}", autoescape=True)
    return or_(func.lower(column) == address, with_detail & in_domain)


def files(alone: Alone, settings: Settings, projection: Path) -> Iterator[tuple[str, File]]:
    """Yield each path and file that the change may have changed, in the order to write them (project.files)."""
    (one,) = alone.snapshot.accounts
    keys = logins.spellings(one, twins(alone.snapshot))
    left_out = _OF_OTHERS if alone.new else (*_OF_OTHERS, *_PLACES)
    for name, content in contents(alone.snapshot, settings):
        if name == "counter":
            yield f"{projection}/{name}", file(name, text(content))
        elif name not in left_out:
            before = _read(projection / name)
            after = _replaced(name, before, keys, content)
            if after != before:
                yield f"{projection}/{name}", file(name, after)


def _replaced(name: str, before: str, keys: Iterable[str], content: Content) -> str:
    """Return a file's text with the lines that `content` has for some keys, or without those that it has not."""
    lines = text(content).splitlines(keepends=True)
    for key in keys:
        wanted = f"{key}:" if name in SECRET else f"{key} "
        start = _place(before, wanted)
        stop = before.index("\n", start) + 1 if _has(before, wanted) else start
        before = before[:start] + next((line for line in lines if line.startswith(wanted)), "") + before[stop:]
    return before


def _has(sorted_lines: str, wanted: str) -> bool:
    return sorted_lines.startswith(wanted, _place(sorted_lines, wanted))


def _place(sorted_lines: str, wanted: str) -> int:
    """Return where a line that begins with `wanted` is, or would be."""
    low, high = 0, len(sorted_lines)
    while low < high:
        start = sorted_lines.rfind("\n", low, (low + high) // 2) + 1 or low
        if sorted_lines[start : start + len(wanted)] < wanted:
            low = sorted_lines.index("\n", start) + 1
        else:
            high = start
    return low
