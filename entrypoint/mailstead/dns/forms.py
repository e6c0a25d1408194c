"""The records in the forms people and programs take them in: words, a zone file, octoDNS's YAML."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from typing import Any

from .facts import Facts
from .record import RECOMMENDED, REQUIRED, Level, Record
from .records import zone_of
from .txt import in_zone

_HEAD = """\
Type these records into the forms of your DNS host. NAME is the name inside the zone, as most forms want it; @ is the zone itself.
A form with a field of its own for the number before the server (priority) takes it there. A long TXT is pasted whole."""
_WIDTH = 110
_UNKNOWN = "your public address"
_AT_PROVIDER = "At whoever gave you the address"


def words(facts: Facts, records: Sequence[Record], notes: Sequence[str]) -> str:
    """Return the records for a person, by zone, the required ones first, each with its reason; the notes behind them."""
    blocks = [_HEAD]
    for zone, level, some in _groups(facts, records):
        blocks.append(f"{zone}: {level.upper()}")
        blocks += [_entry(one, zone) for one in some]
    return "\n\n".join([*blocks, *(wrapped(note, "Note: ") for note in notes)]) + "\n"


def _groups(facts: Facts, records: Sequence[Record]) -> Iterator[tuple[str, Level, Sequence[Record]]]:
    first = zone_of(facts.hostname, facts)

    def place(one: Record) -> tuple[bool, bool, str, bool]:
        zone = _AT_PROVIDER if one.type == "PTR" else zone_of(one.name, facts)
        return zone == _AT_PROVIDER, zone != first, zone, one.level == RECOMMENDED

    for (_, _, zone, optional), some in groupby(sorted(records, key=place), key=place):
        yield zone, RECOMMENDED if optional else REQUIRED, list(some)


def _entry(one: Record, zone: str) -> str:
    head = f"{inside(one.name, zone):30} {one.type:6} {one.value or _UNKNOWN}"
    waits = f" It waits for: {one.waits}." if one.waits else ""
    return f"{head}\n{wrapped(one.reason + waits)}"


def inside(name: str, zone: str) -> str:
    """Return a name as it is inside a zone: @ for the zone itself; whole where it is not in it."""
    return "@" if name == zone else name.removesuffix(f".{zone}")


def wrapped(text: str, head: str = "") -> str:
    """Return a sentence in lines that fit a screen, set in by four blanks."""
    return textwrap.fill(head + text, _WIDTH, initial_indent="    ", subsequent_indent="    ")


def zone_file(records: Sequence[Record], notes: Sequence[str]) -> str:
    """Return the records as a zone file (RFC 1035, 5.1): whole names, a comment with the reason before each."""
    lines = [f"; {line.strip()}" for note in notes for line in wrapped(note).splitlines()]
    for one in records:
        lines += ["", f"; {one.level}: {one.reason}", *([f"; waits for: {one.waits}"] if one.waits else []), _line(one)]
    return "\n".join(lines).lstrip("\n") + "\n"


def _line(one: Record) -> str:
    line = f"{one.name}. {one.ttl} IN {one.type} {in_zone(one.type, one.value or _UNKNOWN)}"
    # What is unknown is no record yet; and reverse names are in a zone of somebody else.
    return f"; {line}" if one.value is None or one.type == "PTR" else line


def octodns(facts: Facts, records: Sequence[Record]) -> str:
    """Return the records as octoDNS reads them from YAML files, a document for each zone; its first line says the file's name."""
    import yaml

    zones: dict[str, dict[str, list[Any]]] = {}
    for (name, kind), some in _sets(records):
        zone = zone_of(name, facts)
        entry = {"type": kind, "ttl": some[0].ttl, **_octodns_values(kind, [str(one.value) for one in some])}
        zones.setdefault(zone, {}).setdefault(inside(name, zone).replace("@", ""), []).append(entry)
    return "".join(f"---\n# {zone}.yaml\n{yaml.safe_dump(names, width=1000)}" for zone, names in sorted(zones.items()))


def _sets(records: Sequence[Record]) -> Iterator[tuple[tuple[str, str], Sequence[Record]]]:
    def key(one: Record) -> tuple[str, str]:
        return one.name, one.type

    known = [one for one in records if one.value is not None and one.type != "PTR"]
    for found, some in groupby(sorted(known, key=key), key=key):
        yield found, list(some)


_FIELDS = {
    "MX": ("preference", "exchange"),
    "SRV": ("priority", "weight", "port", "target"),
    "TLSA": ("certificate_usage", "selector", "matching_type", "certificate_association_data"),
    "CAA": ("flags", "tag", "value"),
}


def _octodns_values(kind: str, values: Sequence[str]) -> Mapping[str, Any]:
    if kind == "CNAME":
        return {"value": values[0]}
    # octoDNS wants a semicolon in a text escaped.
    return {"values": [_octodns_value(_FIELDS[kind], one) if kind in _FIELDS else one.replace(";", "\\;") for one in values]}


def _octodns_value(fields: Sequence[str], value: str) -> Mapping[str, Any]:
    parts = value.split(" ", len(fields) - 1)
    return {field: int(part) if part.isdigit() else part.strip('"') for field, part in zip(fields, parts, strict=True)}
