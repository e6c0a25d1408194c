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
        lines = [f"  {place}: {self.said}"]
        lines += [f"      allowed: {self.allowed}"] if self.allowed else []
        lines += [f"      example: {self.example}"] if self.example else []
        return "\n".join(lines)


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
