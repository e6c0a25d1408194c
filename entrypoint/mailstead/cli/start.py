"""The verbs of a start: `up` reads as its story."""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

from .. import certs, directory, network, running
from ..declare import SettingsError
from ..directory import declared
from ..dkim import signing
from ..dkim.domains import at, lacking, present
from ..places import STATE
from ..render import render as render_tree
from ..services import postfix, rooms
from ..settings import Settings
from ..tree import difference, public_files, write
from . import GOOD, WANTING, add_verb

LAST_START = STATE / "last-start"
"""The config files of the last start, without secrets: what `render --diff` compares with."""
_MINUTE = 60


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verbs of this module."""
    add_verb(verbs, up)
    add_verb(verbs, check)
    rendering = add_verb(verbs, render)
    where = rendering.add_mutually_exclusive_group(required=True)
    where.add_argument("--root", type=Path, metavar="DIR", help="write every config file below DIR")
    where.add_argument("--diff", action="store_true", help="show what has changed since the last start")


def up(_given: argparse.Namespace) -> int:
    """Start everything: read the settings, write the configs, run the daemons (never returns)."""
    settings = _checked()
    try:
        _make_ready(settings, rooms(settings))
    except OSError as error:
        _tell(f"cannot start: {error}. Are the volumes mounted, writable, and not full?")
        return WANTING
    return os.execv(sys.executable, [sys.executable, "-m", "mailstead.keeper"])


def _make_ready(settings: Settings, needed: Sequence[ModuleType]) -> None:
    if must_prepare(settings):
        # Beside the start, not before it: its imports take longer than all the rest.
        subprocess.Popen(["mailstead", "prepare"])
    certificate = certs.ensure(settings, certs.Store(), datetime.now(UTC))
    _write_configs(settings, needed)
    signing.write_for(settings, at())
    _before_start(settings, needed)
    _greet(settings, needed, certificate)


def must_prepare(settings: Settings) -> bool:
    """Whether the directory is to be made ready beside the start; what a server holds is the follower's, once it answers."""
    stale = not directory.is_current(settings) or declared.is_due()
    return not settings.directory_url and (stale or bool(lacking(present(settings))))


def _checked() -> Settings:
    problems = []
    try:
        settings = Settings.read(os.environ)
    except SettingsError as error:
        problems += error.problems
    problems += postfix.unknown_parameters(os.environ)
    if problems:
        raise SettingsError(problems)
    for warning in network.warnings(settings):
        _tell(f"WARNING: {warning}")
    return settings


def _write_configs(settings: Settings, needed: Sequence[ModuleType]) -> None:
    tree = render_tree(settings, needed)
    # Dated a minute back: while main.cf is younger than a second, each program of Postfix waits for it to settle.
    write(tree, Path("/"), mtime=datetime.now().timestamp() - _MINUTE)
    write(public_files(tree), LAST_START)


def _before_start(settings: Settings, needed: Sequence[ModuleType]) -> None:
    after_crash = running.begin()
    for room in needed:
        if hasattr(room, "before_start"):
            room.before_start(settings, after_crash)


def _greet(settings: Settings, needed: Sequence[ModuleType], certificate: certs.Certificate) -> None:
    if not os.environ.get("MAIL_HOSTNAME"):
        _tell(f"MAIL_HOSTNAME is not set; this is {settings.hostname}, a server to try out.")
    for room in needed:
        for sentence in getattr(room, "overrides", lambda _: ())(settings):
            _tell(f"{sentence}.")
    until = f"its certificate ({certificate.source}) is good until {certificate.expires:%Y-%m-%d}"
    if certificate.trouble:
        _tell(f"WARNING: certificate: {certificate.trouble}.")
    _tell(f"{settings.hostname} starts; {until}.")


def _tell(sentence: str) -> None:
    print(f"mailstead: {sentence}", flush=True)


def check(_given: argparse.Namespace) -> int:
    """Read the settings and say what is wrong with them."""
    settings = _checked()
    print(f"The settings of {settings.hostname} are good.")
    return GOOD


def render(given: argparse.Namespace) -> int:
    """Show the config files the settings make: as a tree in a folder, or as a diff to those of the last start."""
    settings = _checked()
    tree = render_tree(settings, rooms(settings))
    if given.root:
        write(tree, given.root, owned=False)
        return GOOD
    changes = list(difference(public_files(tree), LAST_START))
    sys.stdout.writelines(changes)
    return WANTING if changes else GOOD
