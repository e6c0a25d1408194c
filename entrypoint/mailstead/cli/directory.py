"""The verbs of the directory: `mailstead account|alias|domain|project`.

Each is a function of its parsed arguments whose first docstring line is its help; it returns the exit status, 0 for good
and 1 for found wanting (argparse itself ends with 2 where the usage is wrong). With --json a verb prints one JSON value
and nothing else; refusals and warnings go to standard error. SQLAlchemy is imported by the verb, not by the help.
"""

import argparse
import functools
import getpass
import json
import os
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

from ..directory import HERE, DirectoryError, Place, is_current, mailboxes, passwords
from ..settings import Settings, size

if TYPE_CHECKING:
    from ..directory.aliases import Loss
    from ..directory.snapshot import Snapshot

Arguments = argparse.Namespace
Verb = Callable[[Arguments], int]


def account_add(arguments: Arguments) -> int:
    """Make an account: ADDRESS, its password asked for, from --password-stdin, or generated."""
    from ..directory import accounts, change

    settings = Settings.read(os.environ)
    with change.reading(arguments.place) as connection:
        accounts.check_new(connection, arguments.address)
    password, generated = _password(arguments)
    hashed = passwords.hash(password)
    with change.change(settings, arguments.place) as connection:
        address = accounts.add(connection, arguments.address, hashed, quota=arguments.quota)
    return _say(arguments, f"{address} is there", _shown(generated), address=address, **_password_fact(generated))


def account_list(arguments: Arguments) -> int:
    """List the accounts: address, quota, whether it is enabled."""
    settings = Settings.read(os.environ)
    found = [
        {"address": one.address, "quota": one.quota, "enabled": one.enabled} for one in _snapshot(arguments.place).accounts
    ]
    rows = [(one["address"], _quota_text(one["quota"], settings), "yes" if one["enabled"] else "no") for one in found]
    return _list(arguments, ("ADDRESS", "QUOTA", "ENABLED"), rows, found)


def account_passwd(arguments: Arguments) -> int:
    """Give an account a new password, and sign its owner out everywhere."""
    from ..directory import accounts, change

    settings = Settings.read(os.environ)
    with change.reading(arguments.place) as connection:
        address = accounts.check_here(connection, arguments.address)
    password, generated = _password(arguments)
    hashed = passwords.hash(password)
    with change.change(settings, arguments.place) as connection:
        accounts.set_password(connection, address, hashed)
    _sign_out(address)
    return _say(arguments, f"{address} has a new password", _shown(generated), address=address, **_password_fact(generated))


def account_quota(arguments: Arguments) -> int:
    """Limit an account to a size such as 10G, or to the default of MAIL_QUOTA."""
    from ..directory import accounts, change

    settings = Settings.read(os.environ)
    with change.change(settings, arguments.place) as connection:
        address = accounts.set_quota(connection, arguments.address, arguments.quota)
    said = f"{address} may keep {_quota_text(arguments.quota, settings)}"
    return _say(arguments, said, address=address, quota=arguments.quota)


def account_disable(arguments: Arguments) -> int:
    """Let nobody sign in to an account, which goes on receiving mail; sign its owner out everywhere."""
    from ..directory import accounts, change

    settings = Settings.read(os.environ)
    with change.change(settings, arguments.place) as connection:
        address = accounts.disable(connection, arguments.address, postmaster=settings.postmaster)
    _sign_out(address)
    return _say(arguments, f"{address} is disabled: mail still arrives, nobody signs in", address=address, enabled=False)


def account_enable(arguments: Arguments) -> int:
    """Let the owner of a disabled account sign in again, with the password it had."""
    from ..directory import accounts, change

    with change.change(Settings.read(os.environ), arguments.place) as connection:
        address = accounts.enable(connection, arguments.address)
    return _say(arguments, f"{address} is enabled", address=address, enabled=True)


def account_delete(arguments: Arguments) -> int:
    """Delete an account and all of its mail, for good. Asks first; --yes does not."""
    from ..directory import accounts, change, lookup

    settings = Settings.read(os.environ)
    address = lookup.address(arguments.address)
    mailboxes.folder(arguments.place.mail, address)
    with change.reading(arguments.place) as connection:
        accounts.check_dispensable(connection, address, postmaster=settings.postmaster)
    _confirm(arguments, address)
    with change.change(settings, arguments.place) as connection:
        losses = accounts.delete(connection, address, postmaster=settings.postmaster)
    _sign_out(address)
    mailboxes.remove(arguments.place.mail, address)
    return _say(arguments, f"{address} and its mail are deleted", *_losses(losses), address=address, aliases=_loss_facts(losses))


def alias_add(arguments: Arguments) -> int:
    """Let an address lead to one or more others, here or elsewhere."""
    from ..directory import aliases, change, lookup

    with change.change(Settings.read(os.environ), arguments.place) as connection:
        aliases.add(connection, arguments.address, arguments.targets)
    address = lookup.address(arguments.address)
    targets = _snapshot(arguments.place).aliases[address]
    return _say(arguments, f"{address} leads to {', '.join(targets)}", address=address, targets=targets)


def alias_list(arguments: Arguments) -> int:
    """List the aliases and where they lead."""
    found = [{"address": address, "targets": targets} for address, targets in _snapshot(arguments.place).aliases.items()]
    return _list(arguments, ("ADDRESS", "TARGETS"), [(one["address"], ", ".join(one["targets"])) for one in found], found)


def alias_delete(arguments: Arguments) -> int:
    """Delete an alias, or only the targets named."""
    from ..directory import aliases, change

    with change.change(Settings.read(os.environ), arguments.place) as connection:
        losses = aliases.delete(connection, arguments.address, arguments.targets)
    return _say(arguments, *_losses(losses), aliases=_loss_facts(losses))


def domain_add(arguments: Arguments) -> int:
    """Accept and keep the mail of a domain."""
    from ..directory import change, domains, lookup

    with change.change(Settings.read(os.environ), arguments.place) as connection:
        domains.add(connection, arguments.domain)
    name = lookup.domain(arguments.domain)
    return _say(arguments, f"{name} is there", domain=name)


def domain_list(arguments: Arguments) -> int:
    """List the domains."""
    names = _snapshot(arguments.place).domains
    return _list(arguments, ("DOMAIN",), [(name,) for name in names], [{"domain": name} for name in names])


def domain_delete(arguments: Arguments) -> int:
    """Delete a domain that has no accounts and aliases."""
    from ..directory import change, domains

    settings = Settings.read(os.environ)
    with change.change(settings, arguments.place) as connection:
        name = domains.delete(connection, arguments.domain, settings_domains=settings.domains)
    return _say(arguments, f"{name} is deleted", domain=name)


def project(arguments: Arguments) -> int:
    """Write the files the daemons read anew, unless they show the directory as it is."""
    settings = Settings.read(os.environ)
    current = is_current(settings, arguments.place)
    if not current:
        from ..directory import change

        change.reproject(settings, arguments.place)
    return _say(arguments, "nothing to do" if current else "written", written=not current)


def _snapshot(place: Place) -> "Snapshot":
    from ..directory import change, snapshot

    with change.reading(place) as connection:
        return snapshot.read(connection)


def _password(arguments: Arguments) -> tuple[str, bool]:
    """Return the password to set, and whether it was generated and is to be shown."""
    if arguments.password_stdin:
        return _checked(_first_line()), False
    typed = _prompted(arguments.address) if sys.stdin.isatty() else ""
    return (typed, False) if typed else (passwords.generate(), True)
