"""Constant databases, the compiled form of a lookup table that Postfix reads (cdb_table(5); cr.yp.to/cdb/cdb.txt).

Written here and not by a program: it takes no process, and waits for the disk before the name is swapped.
"""

import os
import struct
from collections.abc import Iterable
from pathlib import Path

from .. import tree

_HEADER = 2048  # 256 pairs of position and slots
_PAIR = struct.Struct("<LL")


def write(place: Path, text: str) -> None:
    """Swap the database at `place` for that of a lookup table, and wait for the disk; OSError if it cannot."""
    beside = place.with_name(f".{place.name}.new")
    beside.write_bytes(compiled(text))
    with beside.open("rb") as file:
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    beside.rename(place)
    tree.sync_directory(place.parent)


def compiled(text: str) -> bytes:
    """Return the database of a lookup table: lines of `key value`, UTF-8, each key once."""
    records = bytearray()
    buckets: list[list[tuple[int, int]]] = [[] for _ in range(256)]
    for key, value in (line.encode().split(b" ", 1) for line in text.splitlines()):
        hashed = _hash(key)
        buckets[hashed % 256].append((hashed, _HEADER + len(records)))
        records += _PAIR.pack(len(key), len(value)) + key + value
    return _with_tables(records, buckets)


def _with_tables(records: bytearray, buckets: list[list[tuple[int, int]]]) -> bytes:
    header, tables = bytearray(), bytearray()
    for slots in map(_slots, buckets):
        header += _PAIR.pack(_HEADER + len(records) + len(tables), len(slots))
        tables += b"".join(_PAIR.pack(*slot) for slot in slots)
    return bytes(header + records + tables)


def _slots(entries: list[tuple[int, int]]) -> list[tuple[int, int]]:
    # Half of the slots stay empty: a position of 0 ends a search.
    slots = [(0, 0)] * (2 * len(entries))
    for hashed, position in entries:
        place = hashed // 256 % len(slots)
        while slots[place][1]:
            place = (place + 1) % len(slots)
        slots[place] = (hashed, position)
    return slots


def _hash(key: Iterable[int]) -> int:
    value = 5381
    for byte in key:
        value = (value * 33 & 0xFFFFFFFF) ^ byte
    return value
