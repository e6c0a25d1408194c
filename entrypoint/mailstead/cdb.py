"""Constant databases, the compiled form of a lookup table that Postfix reads (cdb_table(5); cr.yp.to/cdb/cdb.txt).

Written here and not by a program: it takes no process. Standard library alone: what Postfix starts for a question reads
them too.
"""

import mmap
import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence
from itertools import accumulate

_HEADER = 2048  # 256 pairs of position and slots
_PAIR = struct.Struct("<LL")
_EMPTY = bytes(_PAIR.size)


def compiled(text: str) -> bytes:
    """Return the database of a lookup table: lines of `key value`, UTF-8, each key once."""
    return extended(_PAIR.pack(_HEADER, 0) * 256, text)


def extended(content: bytes, text: str) -> bytes:
    """Return a database, as `compiled` makes it, with the lines of a lookup table added; it has none of their keys."""
    header = list(_PAIR.iter_unpack(content[:_HEADER]))
    end = header[0][0]  # of the records; the tables follow one another
    hashes, records = _records(text)
    buckets: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    for hashed, position in zip(hashes, accumulate(map(len, records), initial=end), strict=False):
        buckets[hashed % 256].append((hashed // 256, _PAIR.pack(hashed, position)))
    tables = [content[position : position + slots * _PAIR.size] for position, slots in header]
    for number, entries in buckets.items():
        tables[number] = b"".join(_slots([*_entries(tables[number]), *entries]))
    return _joined(b"".join((content[_HEADER:end], *records)), tables)


def _records(text: str) -> tuple[list[int], list[bytes]]:
    pairs = [line.split(b" ", 1) for line in text.encode().splitlines()]
    records = [_PAIR.pack(len(key), len(value)) + key + value for key, value in pairs]
    return _hashes([key for key, _ in pairs]), records


def value(content: bytes | mmap.mmap, key: str) -> str | None:
    """Return what a database, as `compiled` makes it, has for a key; None if it has none."""
    wanted = key.encode()
    (hashed,) = _hashes([wanted])
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


def _joined(records: bytes, tables: Sequence[bytes]) -> bytes:
    positions = accumulate(map(len, tables), initial=_HEADER + len(records))
    header = (_PAIR.pack(position, len(table) // _PAIR.size) for position, table in zip(positions, tables, strict=False))
    return b"".join((*header, records, *tables))


def _entries(table: bytes) -> list[tuple[int, bytes]]:
    slots = _PAIR.iter_unpack(table)
    return [(hashed // 256, _PAIR.pack(hashed, position)) for hashed, position in slots if position]


def _slots(entries: Sequence[tuple[int, bytes]]) -> list[bytes]:
    # Half of the slots stay empty: a position of 0 ends a search.
    size = 2 * len(entries)
    slots = [_EMPTY] * size
    for wanted, slot in entries:
        place = wanted % size
        while slots[place] is not _EMPTY:
            place = (place + 1) % size
        slots[place] = slot
    return slots


def _hashes(keys: Sequence[bytes]) -> list[int]:
    """Return the hash of each key."""
    by_length: dict[int, list[int]] = defaultdict(list)
    for number, key in enumerate(keys):
        by_length[len(key)].append(number)
    found = [0] * len(keys)
    for length, numbers in by_length.items():
        for number, hashed in zip(numbers, _hashes_of_length(length, [keys[number] for number in numbers]), strict=True):
            found[number] = hashed
    return found


def _hashes_of_length(length: int, keys: Sequence[bytes]) -> Iterable[int]:
    # All keys at once, one in each 64 bits of a long number: a loop over the bytes of 100,000 keys takes ten times as long.
    every, joined = int.from_bytes(b"\1\0\0\0\0\0\0\0" * len(keys), "little"), b"".join(keys)
    hashed, kept = 5381 * every, 0xFFFFFFFF * every
    for place in range(length):
        signs = bytearray(8 * len(keys))
        signs[::8] = joined[place::length]
        hashed = (hashed * 33 & kept) ^ int.from_bytes(signs, "little")
    return struct.unpack(f"<{len(keys)}Q", hashed.to_bytes(8 * len(keys), "little"))
