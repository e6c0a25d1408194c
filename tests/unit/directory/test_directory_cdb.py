"""Constant databases: what is compiled can be looked up (that Postfix can, too, is shown on a running server)."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from mailstead import cdb


def look_up(database: bytes, key: bytes) -> bytes | None:
    """Look a key up as the format says (cr.yp.to/cdb/cdb.txt)."""
    hashed = 5381
    for byte in key:
        hashed = ((hashed << 5) + hashed & 0xFFFFFFFF) ^ byte
    position, slots = struct.unpack_from("<LL", database, hashed % 256 * 8)
    for step in range(slots):
        slot = position + (hashed // 256 + step) % slots * 8
        found, record = struct.unpack_from("<LL", database, slot)
        if record == 0:
            return None
        length, size = struct.unpack_from("<LL", database, record)
        if found == hashed and database[record + 8 : record + 8 + length] == key:
            return database[record + 8 + length : record + 8 + length + size]
    return None


WORDS = st.text(st.characters(min_codepoint=33, exclude_categories=("C", "Z")), min_size=1)


@given(st.dictionaries(WORDS, st.lists(WORDS, min_size=1).map(" ".join)), WORDS)
def test_every_key_is_found_and_no_other(entries: dict[str, str], other: str):
    """A value is the rest of its line, blanks and all."""
    database = cdb.compiled(table(entries))

    for key, value in entries.items():
        assert look_up(database, key.encode()) == value.encode()
    assert other in entries or look_up(database, other.encode()) is None


@given(st.dictionaries(WORDS, WORDS), st.dictionaries(WORDS, WORDS))
def test_what_is_added_is_found_beside_what_was_there(before: dict[str, str], added: dict[str, str]):
    """A database that was extended says the same as one that was made whole."""
    new = {key: value for key, value in added.items() if key not in before}
    database = cdb.extended(cdb.compiled(table(before)), table(new))

    assert {key: cdb.value(database, key) for key in before | new} == before | new
    assert len(database) == len(cdb.compiled(table(before | new)))


def table(entries: dict[str, str]) -> str:
    """Return the text of a lookup table."""
    return "".join(f"{key} {value}\n" for key, value in entries.items())


def test_the_bytes_are_those_of_tinycdb():
    """What `cdb -c -m` makes of the line `a b c`."""
    records = bytes.fromhex("01000000 03000000") + b"ab c"
    slots = struct.pack("<LLLL", 0, 0, 0x2B5C4, 2048)
    pairs = b"".join(struct.pack("<LL", 2060 + 16 * (number > 0xC4), 2 * (number == 0xC4)) for number in range(256))

    assert cdb.compiled("a b c\n") == pairs + records + slots


def test_an_empty_table_is_a_database_too():
    """Postfix opens it and finds nothing."""
    assert cdb.compiled("") == struct.pack("<LL", 2048, 0) * 256
