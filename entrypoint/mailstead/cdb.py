"""Constant databases, the compiled form of a lookup table that Postfix reads (cdb_table(5); cr.yp.to/cdb/cdb.txt).

Written here and not by a program: it takes no process. Standard library alone: what Postfix starts for a question reads
them too.
"""

import mmap
import struct
from collections.abc import Iterable

_HEADER = 2048  # 256 pairs of position and slots
_PAIR = struct.Struct("<LL")


def compiled(text: str) -> bytes:
    """Return the database of a lookup table: lines of `key value`, UTF-8, each key once."""
    records = bytearray()
    buckets: list[list[tuple[int, int]]] = [[] for _ in range(256)]
    for key, value in (line.encode().split(b" ", 1) for line in text.splitlines()):
        hashed = _hash(key)
        buckets[hashed % 256].append((hashed, _HEADER + len(records)))
        records += _PAIR.pack(len(key), len(value)) + key + value
    return _with_tables(records, buckets)


def value(content: bytes | mmap.mmap, key: str) -> str | None:
    """Return what a database, as `compiled` makes it, has for a key; None if it has none."""
    wanted, hashed = key.encode(), _hash(key.encode())
    table, slots = _PAIR.unpack_from(content, hashed % 256 * _PAIR.size)
    for step in range(slots):
        known, position = _PAIR.unpack_from(content, table + (hashed // 256 + step) % slots * _PAIR.size)
        if not position:
            return None
        if known == hashed and _key(content, position) == wanted:
            return _value(content, position)
    return None


def _key(content: bytes | mmap.mmap, position: int) -> bytes:
    length, _ = _PAIR.unpack_from(content, position)
    return content[position + _PAIR.size : position + _PAIR.size + length]


def _value(content: bytes | mmap.mmap, position: int) -> str:
    key, length = _PAIR.unpack_from(content, position)
    begin = position + _PAIR.size + key
    return content[begin : begin + length].decode()


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
