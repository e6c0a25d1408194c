"""How a setting is declared and read: kinds of values, the reading of an environment, the problems it may have.

A setting is a field of a frozen dataclass (settings.py). Its name gives the variable, its annotation the kind (parser and
the words for what is allowed), `setting(...)` the sentence for the manual. Nothing here knows any single setting.
"""

import difflib
import functools
import re
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal

PREFIX = "MAIL_"
FROM_FILE = "_FILE"
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Kind:
    """A kind of value: how its text is read (ValueError if it cannot be) and what is allowed, in words."""

    parse: Callable[[str], Any]
    allowed: str
    secret: bool = False
    several: bool = False


class Secret(str):
    """A text that never shows itself by accident; `str(secret)` gives it on purpose."""

    def __repr__(self) -> str:
        return "Secret(not shown)"


@dataclass(frozen=True)
class Problem:
    """One thing wrong with the settings: what was said, what is allowed, an example. A secret's `value` is None."""

    name: str
    said: str
    allowed: str | None = None
    example: str | None = None

    def __str__(self) -> str:
        lines = [f"  {self.name}{self.said}"]
        if self.allowed:
            lines.append(f"      allowed: {self.allowed}")
        if self.example:
            lines.append(f"      example: {self.name.removesuffix(FROM_FILE)}={self.example}")
        return "\n".join(lines)


class SettingsError(Exception):
    """Every problem of an environment at once; `str` is the report for the owner."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__(problems)
        self.problems = problems

    def __str__(self) -> str:
        count = len(self.problems)
        head = f"{count} setting{'s' * (count > 1)} need{'s' * (count == 1)} attention; nothing was started."
        return "\n\n".join([head, *map(str, self.problems)])


def setting(text: str, *, default: str | None = None, example: str, compose: bool = False) -> Any:
    """Declare a setting: its sentence, its default (a text read like the owner's own; None is unset), an example.

    `compose=True` marks a variable that compose.yaml reads too, to publish ports.
    """
    return field(default=None, metadata={"text": text, "default": default, "example": example, "compose": compose})


@dataclass(frozen=True)
class Declared:
    """A setting as declared: what docs.py prints and `read` reads."""

    variable: str
    field_name: str
    kind: Kind
    text: str
    default: str | None
    example: str
    compose: bool


@functools.cache
def declared(cls: type) -> tuple[Declared, ...]:
    """Return the settings of a class of settings, in the order they are written down."""
    hints = typing.get_type_hints(cls, include_extras=True)
    return tuple(_declared(one, hints[one.name]) for one in fields(cls) if "text" in one.metadata)


def _declared(one: Field, annotation: Any) -> Declared:
    return Declared(variable=PREFIX + one.name.upper(), field_name=one.name, kind=kind_of(annotation), **one.metadata)


def kind_of(annotation: Any) -> Kind:
    """Return the Kind an annotation stands for: `Annotated[T, Kind]`, a Literal, bool, `X | None`, `tuple[X, ...]`."""
    origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is typing.Annotated:
        return arguments[1]
    if annotation is bool:
        return Kind(yes_or_no, "yes or no")
    if origin is Literal:
        return _choice(arguments)
    if origin is tuple:
        return _several(kind_of(arguments[0]))
    if origin in (typing.Union, types.UnionType):
        return kind_of(next(argument for argument in arguments if argument is not type(None)))
    raise TypeError(f"no kind of setting is known for {annotation!r}")


def yes_or_no(text: str) -> bool:
    """Read a switch; an unknown word is never quietly False."""
    known = {"yes": True, "true": True, "on": True, "1": True, "no": False, "false": False, "off": False, "0": False}
    return known[text.lower()]


def _choice(words: tuple[str, ...]) -> Kind:
    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(text)
        return text

    return Kind(parse, words[0] if len(words) == 1 else "one of " + ", ".join(words))


def _several(kind: Kind) -> Kind:
    def parse(text: str) -> tuple[Any, ...]:
        return tuple(dict.fromkeys(kind.parse(word) for word in text.split()))

    return Kind(parse, f"{kind.allowed}, or several separated by spaces", kind.secret, several=True)


def read(cls: type, environ: Mapping[str, str]) -> tuple[dict[str, Any], list[Problem]]:
    """Read the settings of `cls` from an environment: values by field name, and every problem met on the way."""
    values: dict[str, Any] = {}
    problems = list(_unknown(cls, environ))
    for one in declared(cls):
        try:
            text = _text(one, environ)
            values[one.field_name] = _value(one, text if text else one.default)
        except _Found as found:
            problems.append(found.problem)
    return values, problems


class _Found(Exception):
    def __init__(self, problem: Problem) -> None:
        self.problem = problem


def _text(one: Declared, environ: Mapping[str, str]) -> str | None:
    direct, path = environ.get(one.variable), environ.get(one.variable + FROM_FILE)
    if direct and path:
        raise _Found(Problem(one.variable, f" and {one.variable}{FROM_FILE} are both set; keep one of them"))
    return _from_file(one, path) if path else direct


def _from_file(one: Declared, path: str) -> str:
    name = one.variable + FROM_FILE
    try:
        return Path(path).read_text(encoding="utf-8-sig").removesuffix("\n").removesuffix("\r")
    except (OSError, UnicodeDecodeError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise _Found(Problem(name, f"={path} cannot be read: {reason}", "a file that holds the value alone")) from None


def _value(one: Declared, text: str | None) -> Any:
    if text is None:
        return () if one.kind.several else None
    if has_control(text):
        raise _Found(Problem(one.variable, " holds a line break or another control character", one.kind.allowed, one.example))
    try:
        return one.kind.parse(text)
    except (ValueError, KeyError):
        shown = " (a secret: not shown)" if one.kind.secret else f'="{text}"'
        raise _Found(Problem(one.variable, f"{shown} is not accepted", one.kind.allowed, one.example)) from None


def has_control(text: str) -> bool:
    """Whether a text holds a control character (C0, DEL, C1) or a Unicode line break, which would add a line to a config."""
    return _CONTROL.search(text) is not None


def is_line(text: str) -> bool:
    """Whether a text is words on one line: no control character, and no half of a character, which UTF-8 cannot write."""
    return not has_control(text) and not _SURROGATE.search(text)


def _unknown(cls: type, environ: Mapping[str, str]) -> Iterator[Problem]:
    known = [one.variable for one in declared(cls)]
    # compose.yaml opens no files: a port in one would be taken here and published there as before.
    readable = {*known, *(one.variable + FROM_FILE for one in declared(cls) if not one.compose)}
    for name in sorted(environ):
        if name.startswith(PREFIX) and name not in readable:
            near = difflib.get_close_matches(name.removesuffix(FROM_FILE), known, n=1)
            hint = f"; did you mean {near[0]}?" if near else "; the README lists all of them"
            # Its value may be a misspelt secret, and is not shown.
            yield Problem(name, " is not a setting" + hint)
