"""A directory written as the YAML file that declares it; what is a default is left out."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..kinds import size_words
from .snapshot import Account, Domain, Group, Pattern, Relay, Snapshot

_HEAD = (
    "# The directory, as `mailstead export` writes it; with its password hashes and the passwords of relays,\n"
    "# so keep it where nobody else reads it.\n"
)
_PLAIN = re.compile(r"[A-Za-z0-9$./_][A-Za-z0-9$./_@+=-]*(?: [A-Za-z0-9$./_@+=-]+)*", re.ASCII)
_NOTHING = ("null", "~")

Facts = Mapping[str, Any]


def text(now: Snapshot) -> str:
    """Return the file that declares a directory: applied to an empty one, it makes an equal one."""
    return _HEAD + "".join(f"\n{name}:{_block(value, 1)}" for name, value in facts(now).items())


def facts(now: Snapshot) -> Facts:
    """Return a directory as maps, lists and texts, in the form of the file."""
    people = {one.address for one in now.accounts}
    return {
        "domains": {one.name: _domain(one) for one in now.domains},
        "accounts": {one.typed: _account(one, now.aliases.get(one.address, ())) for one in now.accounts},
        "aliases": {address: list(targets) for address, targets in now.aliases.items() if address not in people},
        "expressions": [_expression(one) for one in now.patterns],
        "groups": {one.address: _group(one) for one in now.groups},
        "relays": {one.domain: _relay(one) for one in now.relays},
    }


def _domain(one: Domain) -> Facts:
    return _said(
        {
            "alias_of": one.alias_of,
            "receives": None if one.receives else "no",
            "most_accounts": one.most_accounts and str(one.most_accounts),
            "total_quota": one.total_quota and size_words(one.total_quota),
            "catch_all": one.catch_all,
            "postmaster": one.postmaster,
        }
    )


def _account(one: Account, targets: Sequence[str]) -> Facts:
    return _said(
        {
            "name": one.name,
            "password_hash": one.password_hash,
            "must_change": "yes" if one.must_change else None,
            "quota": one.quota and size_words(one.quota),
            "enabled": None if one.enabled else "no",
            "may_send": None if one.may_send else "no",
            "forward": list(targets),
            "keep_copy": "no" if targets and not one.keeps_copy else None,
            "senders": list(one.senders),
        }
    )


def _expression(one: Pattern) -> Facts:
    return {"match": f"{one.pattern}@{one.domain}", "targets": list(one.targets)}


def _group(one: Group) -> Facts:
    return _said(
        {
            "members": list(one.members),
            "post": None if one.post == "anyone" else one.post,
            "list_id": "yes" if one.list_id else None,
            "reply_to": one.reply_to,
        }
    )


def _relay(one: Relay) -> Facts:
    return _said(
        {
            "host": one.host,
            "port": None if one.port == 587 else str(one.port),
            "tls": None if one.tls == "verify" else one.tls,
            "login": one.login,
            "password": one.password,
            "sender": one.sender,
        }
    )


def _said(found: Facts) -> Facts:
    return {name: value for name, value in found.items() if value}


def _block(value: Any, depth: int) -> str:
    """Return a value as it stands behind its name: on the same line, or below it."""
    if isinstance(value, str):
        return f" {_scalar(value)}\n"
    if not value:
        return " {}\n" if isinstance(value, Mapping) else " []\n"
    if isinstance(value, Mapping):
        return "\n" + "".join(_entries(value, depth))
    if isinstance(value[0], Mapping):
        return "\n" + "".join(f"{'  ' * depth}- {''.join(_entries(one, depth + 1)).lstrip()}" for one in value)
    return f" [{', '.join(map(_scalar, value))}]\n"


def _entries(value: Facts, depth: int) -> Iterator[str]:
    for name, one in value.items():
        yield f"{'  ' * depth}{_scalar(name)}:{_block(one, depth + 1)}"


def _scalar(words: str) -> str:
    if _PLAIN.fullmatch(words) and words not in _NOTHING:
        return words
    # A JSON string is YAML; what no terminal shows, YAML wants escaped.
    return "".join(sign if sign.isprintable() else _escaped(sign) for sign in json.dumps(words, ensure_ascii=False))


def _escaped(sign: str) -> str:
    return f"\\U{ord(sign):08x}"
