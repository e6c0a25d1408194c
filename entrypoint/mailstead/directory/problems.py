"""What is wrong with a declaration."""

from dataclasses import dataclass

from . import DirectoryError

_MOST = 50


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a file: in which line, at which path, what, what is allowed, and an example."""

    line: int | None
    path: str
    said: str
    allowed: str | None = None
    example: str | None = None

    def __str__(self) -> str:
        place = ", ".join(([f"line {self.line}"] if self.line else []) + ([self.path] if self.path else [])) or "the file"
        lines = [f"  {_printable(place)}: {_printable(self.said)}"]
        lines += [f"      allowed: {self.allowed}"] if self.allowed else []
        lines += [f"      example: {self.example}"] if self.example else []
        return "\n".join(lines)


def _printable(text: str) -> str:
    # What stands in the file is shown on a terminal and in the log.
    return "".join(sign if sign.isprintable() else f"\\u{ord(sign):04x}" for sign in text)


class DeclarationError(DirectoryError):
    """Every problem of a declaration at once; `str` is the report for its owner."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{count} thing{'s' * (count > 1)} need{'s' * (count == 1)} attention; nothing was changed."
        more = [f"  and {count - _MOST} more"] if count > _MOST else []
        return "\n\n".join([head, *map(str, self.problems[:_MOST]), *more])
