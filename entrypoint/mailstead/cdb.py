"""Constant databases, the compiled form of a lookup table that Postfix reads (cdb_table(5); cr.yp.to/cdb/cdb.txt).

Written here and not by a program: it takes no process. Standard library alone: what Postfix starts for a question reads
them too.
"""

import mmap
import struct
from collections import defaultdict
from collections.abc import Iterable, Sequence

_HEADER = 2048  # 256 pairs of position and slots
_PAIR = struct.Struct("<LL")
_EMPTY = bytes(_PAIR.size)


def compiled(text: str) -> bytes:
    """Return the database of a lookup table: lines of `key value`, UTF-8, each key once."""
    keys, values = zip(*(line.split(b" ", 1) for line in text.encode().splitlines()), strict=True) if text else ((), ())
    records = [_PAIR.pack(len(key), len(value)) + key + value for key, value in zip(keys, values, strict=True)]
    buckets: list[list[tuple[int, bytes]]] = [[] for _ in range(256)]
    position = _HEADER
    for hashed, record in zip(_hashes(keys), records, strict=True):
        buckets[hashed % 256].append((hashed // 256, _PAIR.pack(hashed, position)))
        position += len(record)
    return _with_tables(b"".join(records), buckets)


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


def _with_tables(records: bytes, buckets: Sequence[Sequence[tuple[int, bytes]]]) -> bytes:
    header, tables, position = [], [], _HEADER + len(records)
    for slots in map(_slots, buckets):
        header.append(_PAIR.pack(position, len(slots)))
        tables += slots
        position += len(slots) * _PAIR.size
    return b"".join((*header, records, *tables))


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
