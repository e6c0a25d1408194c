"""TXT records as a zone file has them: in quotes, in pieces of at most 255 bytes (RFC 1035, 3.3.14 and 5.1)."""

import re

_LONGEST = 255


def pieces(value: str) -> list[str]:
    """Return a text in the pieces in which it goes over the wire; whoever reads it puts them together again."""
    return [value[start : start + _LONGEST] for start in range(0, len(value), _LONGEST)] or [""]


def quoted(value: str) -> str:
    """Return a text as a zone file has it."""
    return " ".join('"' + re.sub(r'(["\\])', r"\\\1", piece) + '"' for piece in pieces(value))


def in_zone(kind: str, value: str) -> str:
    """Return a record's value as a zone file has it."""
    return quoted(value) if kind == "TXT" else value


def tags(value: str) -> dict[str, str]:
    """Return the tags of a text such as `v=DMARC1; p=reject`, names in lower case (RFC 6376, 3.2)."""
    pairs = (part.partition("=") for part in value.split(";") if "=" in part)
    return {name.strip().lower(): "".join(text.split()) for name, _, text in pairs}
