"""A YAML file read as a Declaration: every key of it, what is allowed there, every problem at once (docs/accounts-yaml.md)."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .. import names
from ..declare import yes_or_no
from ..settings import size
from . import DirectoryError, accounts, groups, lookup, patterns, yaml_tree
from .declaration import Declaration, DeclaredAccount
from .problems import DeclarationError, Problem
from .snapshot import Domain, Group, Pattern
from .yaml_tree import Node, joined

_LARGEST = 2**63 - 1
_LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Key:
    """A key of a declared thing: the field it fills, how its text is read (ValueError or DirectoryError), what is allowed."""

    field: str
    parse: Callable[[str], Any]
    allowed: str
    example: str
    several: bool = False


def _address_anywhere(text: str) -> str:
    lookup.written(text)
    return text


def _bytes(text: str) -> int:
    number, unit = (text[:-1], text[-1]) if text[-1:].isalpha() else (text, "")
    if not (number.isascii() and number.isdigit() and len(number) < 20):
        raise ValueError(text)
    found = int(number) * size(f"1{unit}")
    if not 0 < found <= _LARGEST:  # larger ones are there than what is typed
        raise ValueError(text)
    return found


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 11 and 0 < int(text) < 2**31):
        raise ValueError(text)
    return int(text)


def _or(word: str, parse: Callable[[str], Any]) -> Callable[[str], Any]:
    return lambda text: None if text == word else parse(text)


def _post(text: str) -> str:
    if text not in groups.POST:
        raise ValueError(text)
    return text


def _without_allowed(error: DirectoryError) -> str:
    return str(error).partition("; allowed: ")[0][: 2 * _LONGEST_SHOWN]


_SIZE = "a size such as 500M or 10G"
_TARGETS = f"{lookup.TARGET_ALLOWED}, or a list of them"


def _switch(field: str, example: str) -> Key:
    return Key(field, yes_or_no, "yes or no", example)


def _targets(field: str, example: str) -> Key:
    return Key(field, _address_anywhere, _TARGETS, example, several=True)


DOMAIN = {
    "alias_of": Key("alias_of", names.domain, names.DOMAIN_ALLOWED, "alias_of: example.org"),
    "receives": _switch("receives", "receives: no"),
    "most_accounts": Key("most_accounts", _or("none", _number), "a number from 1, or none", "most_accounts: 20"),
    "total_quota": Key("total_quota", _or("none", _bytes), f"{_SIZE}, or none", "total_quota: 200G"),
    "catch_all": Key("catch_all", _address_anywhere, lookup.TARGET_ALLOWED, "catch_all: alice@example.org"),
    "postmaster": Key("postmaster", _address_anywhere, lookup.TARGET_ALLOWED, "postmaster: alice@example.org"),
}
ACCOUNT = {
    "name": Key("name", accounts.checked_name, "a name of at most 200 characters on one line", "name: Alice Example"),
    "password_hash": Key(
        "password_hash", accounts.checked_hash, "a bare crypt(3) hash", "password_hash: $y$j9T$..."
    ),
    "quota": Key("quota", _or("default", _bytes), f"{_SIZE}, or default", "quota: 10G"),
    "enabled": _switch("enabled", "enabled: no"),
    "may_send": _switch("may_send", "may_send: no"),
    "must_change": _switch("must_change", "must_change: yes"),
    "forward": _targets("targets", "forward: [alice@elsewhere.example]"),
    "keep_copy": _switch("keeps_copy", "keep_copy: no"),
    "senders": _targets("senders", "senders: [sales@example.org]"),
}
GROUP = {
    "members": _targets("members", "members: [alice@example.org, bob@example.org]"),
    "post": Key("post", _post, f"one of {', '.join(groups.POST)}", "post: members"),
    "list_id": _switch("list_id", "list_id: yes"),
    "reply_to": Key("reply_to", _address_anywhere, lookup.TARGET_ALLOWED, "reply_to: team@example.org"),
}
EXPRESSION = {
    "match": Key("match", patterns.read, patterns.ALLOWED, r"match: sales-[0-9]+@example.org"),
    "targets": _targets("targets", "targets: [alice@example.org]"),
}
_ALIAS = _targets("targets", "sales@example.org: [alice@example.org, bob@example.org]")
SECTIONS = ("domains", "accounts", "aliases", "expressions", "groups")
_HINTS = {"password": "; a password never stands in this file, only its hash: password_hash"}


def read(data: bytes) -> Declaration:
    """Return what a file declares; DeclarationError with every problem it has."""
    root, problems = yaml_tree.read(data)
    declaration = _Reading(problems).declaration(root)
    if problems:
        raise DeclarationError(sorted(problems, key=lambda problem: problem.line or 0))
    return declaration


class _Reading:
    """One reading of a tree; problems are gathered in the list it is given."""

    def __init__(self, problems: list[Problem]) -> None:
        self.problems = problems

    def declaration(self, root: Node) -> Declaration:
        found = dict(self._known(root, "", SECTIONS))
        taken: dict[str, str] = {}
        return Declaration(
            domains=self._section(found, "domains", lambda node: tuple(self._domains(node))),
            accounts=self._section(found, "accounts", lambda node: tuple(self._accounts(node, taken))),
            aliases=self._section(found, "aliases", lambda node: dict(self._aliases(node))),
            groups=self._section(found, "groups", lambda node: tuple(self._groups(node, taken))),
            patterns=self._section(found, "expressions", lambda node: tuple(self._patterns(node))),
        )

    def _section(self, found: Mapping[str, Node], name: str, read: Callable[[Node], Any]) -> Any:
        node = found.get(name)
        # A name with nothing below it is what is left when all of it was commented out; {} says that there shall be none.
        return None if node is None or node.unset else read(node)

    def _domains(self, node: Node) -> Iterator[Domain]:
        for name, text, one in self._named(node, "domains", names.domain, names.DOMAIN_ALLOWED, "example.org: {}"):
            fields = self._fields(one, joined("domains", text), DOMAIN)
            if fields.get("alias_of") and len(fields) > 1:
                self._problem(one, joined("domains", text), "with alias_of it has nothing of its own; leave out the other keys")
            yield Domain(name=name, **fields)

    def _accounts(self, node: Node, taken: dict[str, str]) -> Iterator[DeclaredAccount]:
        for address, typed, one in self._named(node, "accounts", names.address, names.ADDRESS_ALLOWED, "alice@example.org: {}"):
            taken[address] = "accounts"
            yield DeclaredAccount(typed=typed, **self._fields(one, joined("accounts", typed), ACCOUNT))

    def _aliases(self, node: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
        for address, text, one in self._named(node, "aliases", names.address, names.ADDRESS_ALLOWED, _ALIAS.example):
            path = joined("aliases", text)
            targets = self._value(one, path, _ALIAS)
            if targets == ():
                self._problem(one, path, "it leads nowhere", _ALIAS)
            yield address, targets or ()

    def _groups(self, node: Node, taken: dict[str, str]) -> Iterator[Group]:
        for address, text, one in self._named(node, "groups", names.address, names.ADDRESS_ALLOWED, "team@example.org: {}"):
            if address in taken:
                self._problem(one, joined("groups", text), f"{address} stands below {taken[address]} already")
            yield Group(address=address, **self._fields(one, joined("groups", text), GROUP))

    def _patterns(self, node: Node) -> Iterator[Pattern]:
        seen: set[tuple[str, str]] = set()
        for number, one in enumerate(self._items(node, "expressions", "- match: sales-[0-9]+@example.org"), 1):
            path = f"expressions[{number}]"
            fields = self._fields(one, path, EXPRESSION)
            missing = [name for name in EXPRESSION if not fields.get(name)]
            if missing and not self._blames(path):
                self._problem(one, path, f"it has no {missing[0]}", EXPRESSION[missing[0]])
            elif fields.get("match") in seen:
                self._problem(one, path, "this expression is written twice; keep one of them")
            elif not missing:
                pattern, domain = fields["match"]
                seen.add((pattern, domain))
                yield Pattern(pattern=pattern, domain=domain, targets=fields["targets"])

    def _named(
        self, node: Node, path: str, parse: Callable[[str], str], allowed: str, example: str
    ) -> Iterator[tuple[str, str, Node]]:
        """Yield each thing of a section: its name in its one form, as it is written, and what stands below it."""
        seen: set[str] = set()
        for text, one in self._entries(node, path, example):
            try:
                name = parse(text)
            except ValueError:
                self.problems.append(Problem(one.line, joined(path, text), "this name is not accepted", allowed, example))
                continue
            if name in seen:
                self._problem(one, joined(path, text), f"{name} is written twice, in different letter case; keep one of them")
            seen.add(name)
            yield name, text, one

    def _entries(self, node: Node, path: str, example: str | None = None) -> Iterator[tuple[str, Node]]:
        if node.unset:
            return
        if not isinstance(node.value, dict):
            self.problems.append(Problem(node.line, path, "here is no list of names, each with a colon", None, example))
            return
        yield from node.value.items()

    def _items(self, node: Node, path: str, example: str) -> list[Node]:
        if not isinstance(node.value, list):
            self.problems.append(Problem(node.line, path, "here is no list, each of it after a dash", None, example))
            return []
        return node.value

    def _known(self, node: Node, path: str, known: Mapping[str, Any] | tuple[str, ...]) -> Iterator[tuple[str, Node]]:
        for name, child in self._entries(node, path):
            if name in known:
                yield name, child
                continue
            near = difflib.get_close_matches(name, known, n=1)
            hint = _HINTS.get(name) or (f"; did you mean {near[0]}?" if near else "")
            self._problem(child, joined(path, name), f"there is no such key{hint}", allowed=", ".join(known))

    def _fields(self, node: Node, path: str, keys: Mapping[str, Key]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, child in self._known(node, path, keys):
            if not child.unset:
                found[keys[name].field] = self._value(child, joined(path, name), keys[name])
        return found

    def _value(self, node: Node, path: str, key: Key) -> Any:
        """Return what a key's text means, or None where that is a problem."""
        if not key.several:
            return self._read(node, path, key)
        listed = node.value if isinstance(node.value, list) else [] if node.unset else [node]
        return tuple(value for value in (self._read(one, path, key) for one in listed) if value is not None)

    def _read(self, node: Node, path: str, key: Key) -> Any:
        if not isinstance(node.value, str):
            return self._problem(node, path, "here is no list and no map, but a text", key)
        try:
            return key.parse(node.value)
        except DirectoryError as error:
            return self._problem(node, path, _without_allowed(error), key)
        except (ValueError, KeyError):
            return self._problem(node, path, f'"{node.value[:_LONGEST_SHOWN]}" is not accepted', key)

    def _problem(self, node: Node, path: str, said: str, key: Key | None = None, allowed: str | None = None) -> None:
        allowed, example = (key.allowed, key.example) if key else (allowed, None)
        self.problems.append(Problem(node.line, path, said, allowed, example))

    def _blames(self, path: str) -> bool:
        return any(problem.path.startswith(f"{path}.") for problem in self.problems)
