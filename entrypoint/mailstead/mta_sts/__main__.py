"""Answers Postfix's questions, netstrings on standard input and output (socketmap_table(5)), until it has no more."""

import functools
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from .. import names
from . import NOTHING, answer
from .cache import Cache
from .fetch import fetch

_LONGEST = 100_000  # bytes, the protocol's own limit


def questions(asked: BinaryIO) -> Iterator[str]:
    """Yield the key of each question: length, colon, `postfix KEY`, comma; ValueError for what is none."""
    while digits := _until_colon(asked):
        length = int(digits)
        if length > _LONGEST:
            raise ValueError(f"a question of {length} bytes")
        text, comma = asked.read(length), asked.read(1)
        if len(text) != length or comma != b",":
            raise ValueError("a question that breaks off")
        yield text.decode(errors="replace").partition(" ")[2]


def _until_colon(asked: BinaryIO) -> bytes:
    digits = b""
    while (sign := asked.read(1)) not in (b"", b":"):
        digits += sign
    return digits


def _domain(key: str) -> str | None:
    # Postfix also asks for a host and for parent domains, which no policy is for: [host]:25 and .example.org.
    try:
        return names.domain(key)
    except ValueError:
        return None


def main() -> None:
    """Answer until Postfix has no more questions."""
    from .records import Records  # its library takes a while, and is not there where only the rest is looked at

    cache, ca_file, records = Cache(Path(sys.argv[1])), sys.argv[2], Records()
    cache.tidy(time.time())
    with open(0, "rb") as asked, open(1, "wb") as said:
        for key in questions(asked):
            domain = _domain(key)
            fetching = functools.partial(fetch, ca_file=ca_file)
            try:
                words = answer(domain, records, cache, fetching, time.time()) if domain else NOTHING
            except Exception as error:  # standard error is Postfix's too: whatever it is, mail waits and the log says why
                words = f"TEMP MTA-STS of {domain}: {error}"
            content = words.encode()
            said.write(b"%d:%s," % (len(content), content))
            said.flush()


if __name__ == "__main__":
    main()
