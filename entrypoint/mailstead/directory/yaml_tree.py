"""A YAML file as a tree of texts, each with its line. No value is guessed at: `no`, `123` and `1e3` are what is written.

Only the parser's events are taken, nothing is constructed from them: tags make no objects, and what YAML has beyond maps, lists
and texts is refused, with what would hide a mistake (a key twice) or explode (anchors, depth).
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from .declared import LARGEST
from .problems import DeclarationError, Problem

_DEEPEST = 8
_LONGEST_SHOWN = 60
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # libyaml's parser is ten times as fast


@dataclass(frozen=True)
class Node:
    """A text, a list of nodes, or a map of names to nodes; `line` is where it begins, from 1."""

    line: int
    value: Any
    quoted: bool = False

    @property
    def unset(self) -> bool:
        """Whether nothing is written here, in any of YAML's ways."""
        return not self.quoted and self.value in ("", "~", "null")


@dataclass
class _Grown:
    """The tree so far: the problems met on the way, and how deep we are."""

    problems: list[Problem] = field(default_factory=list)
    depth: int = 0


def read(data: bytes) -> tuple[Node, list[Problem]]:
    """Return the tree of a YAML file and the problems that do not keep it from being read.

    DeclarationError if it is too large, no UTF-8, no YAML, or has what is refused outright.
    """
    grown = _Grown()
    text = _text(data)
    try:
        root = _document(yaml.parse(text, Loader=_Loader), grown)
    except yaml.YAMLError as error:
        raise DeclarationError([*grown.problems, _syntax(error, data)]) from None
    return root, grown.problems


def _text(data: bytes) -> str:
    if len(data) > LARGEST:
        raise DeclarationError([Problem(None, "", f"it is larger than {LARGEST // 2**20} MB")])
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise DeclarationError([Problem(line, "", "this is not UTF-8 text")]) from None


def _syntax(error: yaml.YAMLError, data: bytes) -> Problem:
    if isinstance(error, yaml.reader.ReaderError):
        line = data.count(b"\n", 0, error.position) + 1
        return Problem(line, "", "this is not YAML: it holds a control character")
    mark, context = getattr(error, "problem_mark", None), getattr(error, "context", None)
    said = f"this is not YAML: {getattr(error, 'problem', error)}" + (f" {context}" if context else "")
    allowed = "spaces (no tabs) before a key, and texts that begin with a special sign in quotes"
    return Problem(mark.line + 1 if mark else None, "", said, allowed)


def _document(events: Iterator[yaml.Event], grown: _Grown) -> Node:
    root = Node(1, {})
    documents = 0
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            documents += 1
            if documents > 1:
                _refuse(event, "a second document begins here (---); a file holds one")
        elif isinstance(event, yaml.NodeEvent):
            root = _node(event, events, grown, "")
    return root


def _node(event: yaml.Event, events: Iterator[yaml.Event], grown: _Grown, path: str) -> Node:
    _check_plain(event)
    line = event.start_mark.line + 1
    if isinstance(event, yaml.ScalarEvent):
        return Node(line, event.value, quoted=bool(event.style))
    grown.depth += 1
    if grown.depth > _DEEPEST:
        _refuse(event, f"lists and maps are nested more than {_DEEPEST} deep")
    is_map = isinstance(event, yaml.MappingStartEvent)
    value = _map(events, grown, path) if is_map else _list(events, grown, path)
    grown.depth -= 1
    return Node(line, value)


def _check_plain(event: yaml.Event) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor:
        _refuse(event, "anchors and references (& and *) are not read; write out what is meant, or put the text in quotes")
    if event.tag and event.tag != "!":
        _refuse(event, "tags (!) are not read; leave it out, or put the text in quotes")


def _refuse(event: yaml.Event, said: str) -> None:
    raise DeclarationError([Problem(event.start_mark.line + 1, "", said)])


def _list(events: Iterator[yaml.Event], grown: _Grown, path: str) -> list[Node]:
    found: list[Node] = []
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            break
        found.append(_node(event, events, grown, f"{path}[{len(found) + 1}]"))
    return found


def _map(events: Iterator[yaml.Event], grown: _Grown, path: str) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            break
        if not isinstance(event, yaml.ScalarEvent):
            _refuse(event, "a list or a map cannot be the name of something")
        _check_plain(event)
        name, line = event.value, event.start_mark.line + 1
        node = _node(next(events), events, grown, joined(path, name))
        if name in found:
            said = f"it is written twice, first in line {found[name].line}; keep one of them"
            grown.problems.append(Problem(line, joined(path, name), said))
        else:
            found[name] = Node(line, node.value, node.quoted)
    return found


def joined(path: str, name: str) -> str:
    """Return the path of a name below a path, no longer than one reads."""
    shown = name if len(name) <= _LONGEST_SHOWN else name[:_LONGEST_SHOWN] + "..."
    return f"{path}.{shown}" if path else shown
