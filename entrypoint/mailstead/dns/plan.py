"""What a publication would change: what is added, what of ours goes, where somebody else's record is in the way. Pure."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from .fit import is_single, purpose, serves
from .ledger import Entry
from .record import Record

Found = Mapping[tuple[str, str], Sequence[str]]
"""What is there: (name, type) to values, in the form of Record.value."""

BESIDE_ALIAS = ("A", "AAAA", "MX", "TXT")
"""What a name may have so that it cannot become an alias (RFC 1034, 3.6.2)."""


@dataclass(frozen=True)
class Plan:
    """`add` are records to make, `remove` entries to take away, `kept` what is there already and ours.

    `blocked` are records that cannot be made, each with the value of somebody else's that is in the way.
    """

    add: tuple[Record, ...] = ()
    remove: tuple[Entry, ...] = ()
    kept: frozenset[Entry] = frozenset()
    blocked: tuple[tuple[Record, Entry], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to change."""
        return not self.add and not self.remove


def publishable(records: Sequence[Record]) -> Sequence[Record]:
    """Return the records that can be published: known, waiting for nothing, and in a zone of our own."""
    return [one for one in records if one.value is not None and one.waits is None and one.type != "PTR"]


def plan(wanted: Sequence[Record], found: Found, ours: Collection[Entry], *, replace: bool = False) -> Plan:
    """Return what to change so that `wanted` is there and nothing of `ours` is that is wanted no more.

    With `replace`, what is in the way is taken away too, whoever put it there.
    """
    there, wishes = {Entry(*key, value) for key, values in found.items() for value in values}, set(map(entry_of, wanted))
    stale = set(ours) & there - wishes
    left = {key: [value for value in values if Entry(*key, value) not in stale] for key, values in found.items()}
    missing = [one for one in wanted if not _is_served(one, left)]
    rivals = {one: list(_rivals(one, wanted, left)) for one in wanted}
    blocked = {one: others[0] for one, others in rivals.items() if others and one in missing and not replace}
    return Plan(
        add=tuple(one for one in missing if one not in blocked),
        remove=tuple(sorted(stale.union(*rivals.values()) if replace else stale)),
        kept=frozenset(there & wishes),
        blocked=tuple(blocked.items()),
    )


def entry_of(record: Record) -> Entry:
    """Return a record as the ledger has it."""
    return Entry(record.name, record.type, record.value or "")


def _is_served(one: Record, found: Found) -> bool:
    return any(serves(one.type, one.value, value) for value in found.get((one.name, one.type), ()))


def _rivals(one: Record, wanted: Sequence[Record], found: Found) -> Iterator[Entry]:
    """Yield what is at a record's place, or serves its purpose, and cannot be there beside it."""
    kinds = BESIDE_ALIAS if one.type == "CNAME" else ()
    yield from (Entry(one.name, kind, value) for kind in kinds for value in found.get((one.name, kind), ()))
    siblings = [other.value for other in wanted if (other.name, other.type) == (one.name, one.type)]
    for value in found.get((one.name, one.type), ()):
        if value.startswith("CNAME "):
            yield Entry(one.name, "CNAME", value.removeprefix("CNAME "))
        elif _competes(one, value) and not any(serves(one.type, sibling, value) for sibling in siblings):
            yield Entry(one.name, one.type, value)


def _competes(one: Record, value: str) -> bool:
    return is_single(one.type) and purpose(one.name, one.type, value) == purpose(one.name, one.type, one.value or "")
