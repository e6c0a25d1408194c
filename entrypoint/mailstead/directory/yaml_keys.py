"""The keys of the YAML file that declares a directory: what each fills, and what is allowed there."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .. import names
from ..declare import yes_or_no
from ..kinds import port, size
from . import accounts, groups, lookup, patterns, relays

_LARGEST = 2**63 - 1


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


def _tls(text: str) -> str:
    if text not in relays.TLS:
        raise ValueError(text)
    return text


_SIZE = "a size such as 500M or 10G"
_TARGETS = f"{names.ELSEWHERE_ALLOWED}, or a list of them"


def _switch(field: str, example: str) -> Key:
    return Key(field, yes_or_no, "yes or no", example)


def _targets(field: str, example: str) -> Key:
    return Key(field, _address_anywhere, _TARGETS, example, several=True)


DOMAIN = {
    "alias_of": Key("alias_of", names.domain, names.DOMAIN_ALLOWED, "alias_of: example.org"),
    "receives": _switch("receives", "receives: no"),
    "most_accounts": Key("most_accounts", _or("none", _number), "a number from 1, or none", "most_accounts: 20"),
    "total_quota": Key("total_quota", _or("none", _bytes), f"{_SIZE}, or none", "total_quota: 200G"),
    "catch_all": Key("catch_all", _address_anywhere, names.ELSEWHERE_ALLOWED, "catch_all: alice@example.org"),
    "postmaster": Key("postmaster", _address_anywhere, names.ELSEWHERE_ALLOWED, "postmaster: alice@example.org"),
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
    "reply_to": Key("reply_to", _address_anywhere, names.ELSEWHERE_ALLOWED, "reply_to: team@example.org"),
}
EXPRESSION = {
    "match": Key("match", patterns.read, patterns.ALLOWED, r"match: sales-[0-9]+@example.org"),
    "targets": _targets("targets", "targets: [alice@example.org]"),
}
RELAY = {
    "host": Key("host", relays.host, names.HOSTNAME_ALLOWED, "host: smtp.example.com"),
    "port": Key("port", port, "a port number from 1 to 65535", "port: 465"),
    "tls": Key("tls", _tls, f"one of {', '.join(relays.TLS)}", "tls: verify"),
    "login": Key("login", str, "a line of text", "login: example.org"),
    "password": Key("password", str, "a line of text", "password: hunter2"),
    "sender": Key("sender", names.elsewhere, names.ELSEWHERE_ALLOWED, "sender: example.org@gmail.com"),
}
ALIAS = _targets("targets", "sales@example.org: [alice@example.org, bob@example.org]")
SECTIONS = ("domains", "accounts", "aliases", "expressions", "groups", "relays")
