"""A YAML file read as a Declaration: every key of it, what is allowed there, every problem at once (docs/accounts-yaml.md)."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from .. import names
from . import DirectoryError, yaml_tree
from .declaration import Declaration, DeclaredAccount
from .problems import DeclarationError, Problem
from .snapshot import Domain, Group, Pattern, Relay
from .yaml_keys import ACCOUNT, ALIAS, DOMAIN, EXPRESSION, GROUP, RELAY, SECTIONS, Key
from .yaml_tree import Node, joined

_LONGEST_SHOWN = 80
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
            relays=self._section(found, "relays", lambda node: tuple(self._relays(node))),
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
        for address, text, one in self._named(node, "aliases", names.address, names.ADDRESS_ALLOWED, ALIAS.example):
            path = joined("aliases", text)
            targets = self._value(one, path, ALIAS)
            if targets == ():
                self._problem(one, path, "it leads nowhere", ALIAS)
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

    def _relays(self, node: Node) -> Iterator[Relay]:
        example = "example.org: {host: smtp.example.com}"
        for name, text, one in self._named(node, "relays", names.domain, names.DOMAIN_ALLOWED, example):
            fields = self._fields(one, joined("relays", text), RELAY)
            if fields.get("host"):
                yield Relay(domain=name, **fields)
            elif not self._blames(joined("relays", text)):
                self._problem(one, joined("relays", text), "it has no host", RELAY["host"])

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


def _without_allowed(error: DirectoryError) -> str:
    return str(error).partition("; allowed: ")[0][: 2 * _LONGEST_SHOWN]
