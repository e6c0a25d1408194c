"""The lines of another server's text files: comments and blank ones are skipped, what is no text is said and skipped."""

from collections.abc import Iterable, Iterator

from ..declare import is_line
from .report import Line, Report

_BOM = b"\xef\xbb\xbf"


def read(file: str, content: bytes, report: Report) -> Iterator[Line]:
    """Yield the lines that say something, each without blanks around it; what is no UTF-8 text goes to the report."""
    for line in _texts(file, content, report):
        yield Line(line.file, line.number, line.text.strip())


def joined(file: str, content: bytes, report: Report) -> Iterator[Line]:
    """Yield the logical lines of a Postfix file, in which a line that begins with a blank goes on (postconf(5))."""
    held: Line | None = None
    for line in _texts(file, content, report):
        if held and line.text[0].isspace():
            held = Line(held.file, held.number, f"{held.text} {line.text.strip()}")
            continue
        if held:
            yield held
        held = Line(line.file, line.number, line.text.strip())
    if held:
        yield held


def first(seen: dict[str, Line], key: str, line: Line, report: Report) -> bool:
    """Whether a key is met for the first time; the report says what becomes of a second one: the first holds, as it did."""
    before = seen.setdefault(key, line)
    if before is line:
        return True
    if before.text.lower() == line.text.lower():
        report.taken(line, key, f"says what line {before.number} says")
    else:
        report.left_out(line, key, f"line {before.number} is about it already, and holds")
    return False


def _texts(file: str, content: bytes, report: Report) -> Iterator[Line]:
    for number, raw in enumerate(content.removeprefix(_BOM).split(b"\n"), start=1):
        text = _text(raw.removesuffix(b"\r"))
        if text is None:
            report.left_out(Line(file, number), "the line", "it is not UTF-8 text, or holds a control character")
        elif text.strip() and not text.lstrip().startswith("#"):
            yield Line(file, number, text)


def _text(raw: bytes) -> str | None:
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return None
    return text if is_line(text.replace("\t", " ")) else None


def fields(text: str) -> tuple[str, str]:
    """Return the key of a line of a Postfix table, and the rest, without the blanks between them."""
    key, *rest = text.split(None, 1)
    return key, rest[0] if rest else ""


def words(text: str) -> Iterable[str]:
    """Return what commas or blanks separate."""
    return text.replace(",", " ").split()
