"""The verbs of a start: `up` reads as its story."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Literal

from .. import certs, directory, network, running, upgrade
from ..declare import SettingsError
from ..directory import declared
from ..dkim import signing
from ..dkim.domains import at, lacking, present
from ..places import FILTER, STATE
from ..render import render as render_tree
from ..services import postfix, rooms
from ..settings import Settings
from ..tree import difference, public_files, write
from ..upgrade import held
from . import CONFIG, GOOD, WANTING, add_role, add_verb, tell

LAST_START = STATE / "last-start"
"""The config files of the last start, without secrets: what `render --diff` compares with."""
_MINUTE = 60


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verbs of this module."""
    add_role(add_verb(verbs, up))
    add_role(add_verb(verbs, check))
    rendering = add_verb(verbs, render)
    add_role(rendering)
    where = rendering.add_mutually_exclusive_group(required=True)
    where.add_argument("--root", type=Path, metavar="DIR", help="write every config file below DIR")
    where.add_argument("--diff", action="store_true", help="show what has changed since the last start")


def up(given: argparse.Namespace) -> int:
    """Start everything: read the settings, write the configs, run the daemons (never returns)."""
    settings = _checked(given.role)
    make_ready = {"mail": _make_ready, "filter": _make_filter_ready}[given.role]
    try:
        make_ready(settings, rooms(settings))
    except upgrade.Refused as error:
        tell(f"cannot start: {error}.")
        return CONFIG
    except OSError as error:
        tell(f"cannot start: {error}. Are the volumes mounted, writable, and not full?")
        return WANTING
    return os.execv(sys.executable, [sys.executable, "-m", "mailstead.keeper", given.role])


def _make_ready(settings: Settings, needed: Sequence[ModuleType]) -> None:
    upgrade.ready(tell)
    # Beside the start, not before it: what these two import takes longer than all the rest.
    if must_prepare(settings):
        _beside(_prepare)
    certified = _beside(lambda: _certify(settings))
    _write_configs(settings, needed)
    signing.write_for(settings, at())
    _before_start(settings, needed, after_crash=running.begin())
    os.waitpid(certified, 0)
    # The one that has just been made, unless it could not be: then this says why.
    certificate = certs.ensure(settings, certs.Store(), datetime.now(UTC))
    _greet(settings, needed, certificate)


def _beside(work: Callable[[], int]) -> int:
    """Do work in a process of its own, which knows all that this one does; return its number."""
    process = os.fork()
    if process:
        return process
    try:
        status = work()
    except Exception:
        sys.excepthook(*sys.exc_info())
        status = WANTING
    sys.stdout.flush()
    os._exit(status)


def _prepare() -> int:
    from .prepare import prepare

    return prepare(argparse.Namespace())


def _certify(settings: Settings) -> int:
    with contextlib.suppress(OSError):
        certs.ensure(settings, certs.Store(), datetime.now(UTC))
    return GOOD


def _make_filter_ready(settings: Settings, needed: Sequence[ModuleType]) -> None:
    held.hold({"filter": FILTER})
    # No state volume, no certificate, and nobody but the one user of this container to own a file.
    write(render_tree(settings, needed), Path("/"), owned=False)
    _before_start(settings, needed, after_crash=False)
    _tell_overrides(settings, needed)
    tell(f"the filter of {settings.hostname} starts.")


def must_prepare(settings: Settings) -> bool:
    """Whether the directory is to be made ready beside the start; what a server holds is the follower's, once it answers."""
    stale = not directory.is_current(settings) or declared.is_due()
    return not settings.directory_url and (stale or bool(lacking(present(settings))))


def _checked(role: Literal["mail", "filter"]) -> Settings:
    problems = []
    try:
        settings = Settings.read(os.environ, role)
    except SettingsError as error:
        problems += error.problems
    problems += postfix.unknown_parameters(os.environ)
    problems += [] if problems else postfix.unreadable_values(settings)
    if problems:
        raise SettingsError(problems)
    for warning in network.warnings(settings):
        tell(f"WARNING: {warning}")
    return settings


def _write_configs(settings: Settings, needed: Sequence[ModuleType]) -> None:
    tree = render_tree(settings, needed)
    # Dated a minute back: while main.cf is younger than a second, each program of Postfix waits for it to settle.
    write(tree, Path("/"), mtime=datetime.now().timestamp() - _MINUTE)
    write(public_files(tree), LAST_START)


def _before_start(settings: Settings, needed: Sequence[ModuleType], *, after_crash: bool) -> None:
    for room in needed:
        if hasattr(room, "before_start"):
            room.before_start(settings, after_crash)


def _greet(settings: Settings, needed: Sequence[ModuleType], certificate: certs.Certificate) -> None:
    if not os.environ.get("MAIL_HOSTNAME"):
        tell(f"MAIL_HOSTNAME is not set; this is {settings.hostname}, a server to try out.")
    _tell_overrides(settings, needed)
    until = f"its certificate ({certificate.source}) is good until {certificate.expires:%Y-%m-%d}"
    if certificate.trouble:
        tell(f"WARNING: certificate: {certificate.trouble}.")
    tell(f"{settings.hostname} starts; {until}.")


def _tell_overrides(settings: Settings, needed: Sequence[ModuleType]) -> None:
    for room in needed:
        for sentence in getattr(room, "overrides", lambda _: ())(settings):
            tell(f"{sentence}.")


def check(given: argparse.Namespace) -> int:
    """Read the settings and say what is wrong with them."""
    settings = _checked(given.role)
    print(f"The settings of {settings.hostname} are good.")
    return GOOD


def render(given: argparse.Namespace) -> int:
    """Show the config files the settings make: as a tree in a folder, or as a diff to those of the last start."""
    settings = _checked(given.role)
    tree = render_tree(settings, rooms(settings))
    if given.root:
        write(tree, given.root, owned=False)
        return GOOD
    changes = list(difference(public_files(tree), LAST_START))
    sys.stdout.writelines(changes)
    return WANTING if changes else GOOD
