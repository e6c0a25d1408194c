"""The verbs of the directory: `mailstead account|alias|domain|project`.

One function per verb: its arguments and the settings in, the exit status out. With --json a verb prints one JSON value
and nothing else; refusals and warnings go to standard error. Each verb imports for itself what needs SQLAlchemy, so that
the help and a refused usage are quick.
"""

import argparse
import functools
import getpass
import json
import os
import sys
from datetime import UTC, datetime
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..directory import HERE, DirectoryError, Place, is_current, mailboxes, passwords
from ..settings import Settings, size
from . import GOOD, WANTING, add_verb

if TYPE_CHECKING:
    from ..directory.links import Loss
    from ..directory.snapshot import Snapshot

Arguments = argparse.Namespace
Verb = Callable[[Arguments, Settings], int]


def account_add(arguments: Arguments, settings: Settings) -> int:
    """Make an account; its password is asked for, read by --password-stdin, or generated and shown."""
    from ..directory import accounts, change

    with change.reading(arguments.place) as connection:
        address = accounts.check_new(connection, arguments.address)
    password, shown = _password(arguments, address)
    hashed = passwords.hash(password)
    with change.change(settings, arguments.place) as connection:
        accounts.add(connection, arguments.address, hashed, quota=arguments.quota)
    return _say(arguments, {"address": address} | shown, f"{address} is made")


def account_list(arguments: Arguments, settings: Settings) -> int:
    """List the accounts: address, quota, whether enabled."""
    found = _snapshot(arguments.place).accounts
    facts = [{"address": one.address, "quota": one.quota, "enabled": one.enabled} for one in found]
    rows = [(one.address, _quota(one.quota, settings), "yes" if one.enabled else "no") for one in found]
    return _list(arguments, facts, [("ADDRESS", "QUOTA", "ENABLED"), *rows])


def account_passwd(arguments: Arguments, settings: Settings) -> int:
    """Give an account a new password, and sign its owner out everywhere."""
    from ..directory import accounts, change

    with change.reading(arguments.place) as connection:
        address = accounts.check_here(connection, arguments.address)
    password, shown = _password(arguments, address)
    hashed = passwords.hash(password)
    with change.change(settings, arguments.place) as connection:
        accounts.set_password(connection, address, hashed)
    _sign_out(address)
    return _say(arguments, {"address": address} | shown, f"{address} has a new password")


def account_quota(arguments: Arguments, settings: Settings) -> int:
    """Limit an account to a size such as 10G, or to the default (MAIL_QUOTA)."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place) as connection:
        address = accounts.set_quota(connection, arguments.address, arguments.quota)
    said = f"{address} may keep {_quota(arguments.quota, settings)}"
    return _say(arguments, {"address": address, "quota": arguments.quota}, said)


def account_disable(arguments: Arguments, settings: Settings) -> int:
    """Let nobody sign in to an account, which goes on receiving mail."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place) as connection:
        address = accounts.disable(connection, arguments.address, postmaster=settings.postmaster)
    _sign_out(address)
    said = f"{address} is disabled: its mail still arrives, and nobody can sign in"
    return _say(arguments, {"address": address, "enabled": False}, said)


def account_enable(arguments: Arguments, settings: Settings) -> int:
    """Let the owner of a disabled account sign in again, with the password it had."""
    from ..directory import accounts, change

    with change.change(settings, arguments.place) as connection:
        address = accounts.enable(connection, arguments.address)
    return _say(arguments, {"address": address, "enabled": True}, f"{address} is enabled")


def account_delete(arguments: Arguments, settings: Settings) -> int:
    """Delete an account and all of its mail, for good; asks first."""
    from ..directory import accounts, change, lookup

    address = lookup.address(arguments.address)
    folder = mailboxes.folder(arguments.place.mail, address)
    with change.reading(arguments.place) as connection:
        # Without an account, mail can only be there because an earlier deletion was cut off: it is finished now.
        known = lookup.has_account(connection, address) or not folder.exists()
        if known:
            accounts.check_dispensable(connection, address, postmaster=settings.postmaster)
    _confirm(arguments, address)
    losses = _account_delete(arguments, settings, address) if known else ()
    mailboxes.remove(arguments.place.mail, address)
    facts = {"address": address, "aliases": _loss_facts(losses)}
    return _say(arguments, facts, f"{address} and its mail are deleted", *_loss_lines(losses))


def _account_delete(arguments: Arguments, settings: Settings, address: str) -> "tuple[Loss, ...]":
    from ..directory import change, deleted

    with change.change(settings, arguments.place) as connection:
        _, losses = deleted.delete(connection, address, postmaster=settings.postmaster, now=datetime.now(UTC), until=None)
    _sign_out(address)
    return losses


def alias_add(arguments: Arguments, settings: Settings) -> int:
    """Let an address lead to others, here or elsewhere."""
    from ..directory import aliases, change, lookup

    address = lookup.address(arguments.address)
    with change.change(settings, arguments.place) as connection:
        added = aliases.add(connection, address, arguments.targets)
    said = f"{address} now leads to {', '.join(added)}" if added else f"{address} leads there already"
    return _say(arguments, {"address": address, "added": list(added)}, said)


def alias_list(arguments: Arguments, _settings: Settings) -> int:
    """List the aliases and where they lead."""
    found = _snapshot(arguments.place).aliases
    facts = [{"address": address, "targets": targets} for address, targets in found.items()]
    rows = [(address, ", ".join(targets)) for address, targets in found.items()]
    return _list(arguments, facts, [("ADDRESS", "LEADS TO"), *rows])


def alias_delete(arguments: Arguments, settings: Settings) -> int:
    """Delete an alias, or only the targets named."""
    from ..directory import aliases, change

    with change.change(settings, arguments.place) as connection:
        losses = aliases.delete(connection, arguments.address, arguments.targets)
    return _say(arguments, {"aliases": _loss_facts(losses)}, *_loss_lines(losses))


def domain_add(arguments: Arguments, settings: Settings) -> int:
    """Accept and keep the mail of a domain."""
    from ..directory import change, domains, lookup

    name = lookup.domain(arguments.domain)
    with change.change(settings, arguments.place) as connection:
        added = domains.add(connection, name)
    return _say(arguments, {"domain": name, "added": added}, f"{name} is added" if added else f"{name} is there already")


def domain_list(arguments: Arguments, _settings: Settings) -> int:
    """List the domains."""
    found = [one.name for one in _snapshot(arguments.place).domains]
    return _list(arguments, [{"domain": name} for name in found], [("DOMAIN",), *((name,) for name in found)])


def domain_delete(arguments: Arguments, settings: Settings) -> int:
    """Delete a domain that has no account and no alias."""
    from ..directory import change, domains

    with change.change(settings, arguments.place) as connection:
        name = domains.delete(connection, arguments.domain, settings_domains=settings.domains)
    return _say(arguments, {"domain": name}, f"{name} is deleted")


def project(arguments: Arguments, settings: Settings) -> int:
    """Write the files the daemons read, unless they show the directory as it is."""
    written = not is_current(settings, arguments.place) and _reproject(arguments, settings)
    return _say(arguments, {"written": written}, "written" if written else "nothing to do")


def _reproject(arguments: Arguments, settings: Settings) -> bool:
    from ..directory import change

    return change.reproject(settings, arguments.place)


def _snapshot(place: Place) -> "Snapshot":
    from ..directory import change, snapshot

    with change.reading(place) as connection:
        return snapshot.read(connection)


def _password(arguments: Arguments, address: str) -> tuple[str, dict[str, str]]:
    # The password, and as a fact to tell its owner if nobody knows it yet.
    if arguments.password_stdin:
        return _checked(_first_line()), {}
    if sys.stdin.isatty() and (typed := _typed_twice(address)):
        return typed, {}
    generated = passwords.generate()
    return generated, {"password": generated}


def _first_line() -> str:
    # By bytes: in text, Python would take a carriage return inside the password for the end of the line.
    line = sys.stdin.buffer.readline().removesuffix(b"\n").removesuffix(b"\r")
    return line.decode(errors="surrogateescape")


def _typed_twice(address: str) -> str:
    try:
        typed = getpass.getpass(f"Password for {address} (nothing: one is made): ")
        if typed and getpass.getpass("Once more: ") != _checked(typed):
            raise DirectoryError("the two passwords differ; nothing was changed")
    except EOFError:
        raise DirectoryError("no password was typed; nothing was changed") from None
    return typed


def _checked(password: str) -> str:
    try:
        passwords.check(password)
    except ValueError as error:
        raise DirectoryError(f"{error}; nothing was changed") from None
    return password


def _confirm(arguments: Arguments, address: str) -> None:
    if arguments.yes:
        return
    if not sys.stdin.isatty():
        raise DirectoryError(f"to delete {address} and its mail without being asked, add --yes; nothing was deleted")
    question = f"This deletes {address} and all of its mail, for good.\nType the address to go on: "
    print(question, end="", file=sys.stderr, flush=True)
    if sys.stdin.readline().strip().lower() != address:
        raise DirectoryError("that is not its address; nothing was deleted")


def _sign_out(address: str) -> None:
    reason = mailboxes.end_sessions(address)
    if reason:
        print(f"whoever is signed in as {address} stays so until the connection ends: {reason}", file=sys.stderr)


def _loss_facts(losses: "Iterable[Loss]") -> list[dict[str, Any]]:
    return [{"address": one.address, "target": one.target, "deleted": one.gone} for one in losses]


def _loss_lines(losses: "Iterable[Loss]") -> list[str]:
    return [
        f"{one.address} no longer leads to {one.target}" + ("; it had no other target and is deleted" if one.gone else "")
        for one in losses
    ]


def _quota(quota: int | None, settings: Settings) -> str:
    return f"{_size(settings.quota)} (default)" if quota is None else _size(quota)


def _size(count: int) -> str:
    for unit in ("", "K", "M", "G"):
        if count % 1024:
            return f"{count}{unit}"
        count //= 1024
    return f"{count}T"


def _say(arguments: Arguments, facts: dict[str, Any], *lines: str) -> int:
    password = [f"its password, shown this once: {facts['password']}"] if "password" in facts else []
    print(json.dumps(facts) if arguments.json else "\n".join([*lines, *password]))
    return GOOD


def _list(arguments: Arguments, facts: list[dict[str, Any]], table: Sequence[Sequence[str]]) -> int:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in table)
    print(json.dumps(facts, indent=2) if arguments.json else "\n".join(lines))
    return GOOD


def _guarded(verb: Verb) -> Callable[[Arguments], int]:
    @functools.wraps(verb)
    def run(arguments: Arguments) -> int:
        try:
            return verb(arguments, Settings.read(os.environ))
        except DirectoryError as error:
            print(error, file=sys.stderr)
            return WANTING

    return run


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs to a parser's `add_subparsers()`; each sets `run`, a function of the parsed arguments."""
    make = functools.partial(_verb, place=place)
    _register_accounts(_noun(subparsers, "account", "people with a mailbox"), make)
    _register_aliases(_noun(subparsers, "alias", "addresses that lead to others"), make)
    _register_domains(_noun(subparsers, "domain", "domains whose mail is kept here"), make)
    make(subparsers, "project", project)


def _noun(subparsers: Any, name: str, text: str) -> Any:
    return subparsers.add_parser(name, help=text, description=text).add_subparsers(required=True, metavar="VERB")


def _verb(group: Any, name: str, verb: Verb, *operands: str, place: Place) -> argparse.ArgumentParser:
    parser = add_verb(group, _guarded(verb), name)
    for operand in operands:
        parser.add_argument(operand, metavar=operand.upper())
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.set_defaults(place=place)
    return parser


def _register_accounts(group: Any, make: Callable[..., argparse.ArgumentParser]) -> None:
    add = make(group, "add", account_add, "address")
    add.add_argument("--quota", type=_quota_typed, help="a size such as 10G, or default")
    make(group, "list", account_list)
    for parser in (add, make(group, "passwd", account_passwd, "address")):
        parser.add_argument("--password-stdin", action="store_true", help="read the password: standard input's first line")
    quota = make(group, "quota", account_quota, "address")
    quota.add_argument("quota", metavar="SIZE", type=_quota_typed, help="a size such as 10G, or default")
    make(group, "disable", account_disable, "address")
    make(group, "enable", account_enable, "address")
    delete = make(group, "delete", account_delete, "address")
    delete.add_argument("--yes", action="store_true", help="do not ask")


def _quota_typed(text: str) -> int | None:
    try:
        return None if text == "default" else size(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f'"{text}" is not accepted; allowed: a size such as 500M or 10G, or default') from None


def _register_aliases(group: Any, make: Callable[..., argparse.ArgumentParser]) -> None:
    make(group, "add", alias_add, "address").add_argument("targets", metavar="TARGET", nargs="+")
    make(group, "list", alias_list)
    make(group, "delete", alias_delete, "address").add_argument("targets", metavar="TARGET", nargs="*")


def _register_domains(group: Any, make: Callable[..., argparse.ArgumentParser]) -> None:
    make(group, "add", domain_add, "domain")
    make(group, "list", domain_list)
    make(group, "delete", domain_delete, "domain")
