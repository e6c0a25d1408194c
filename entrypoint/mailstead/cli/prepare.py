"""The verb of a first start: the directory made ready, and how to connect."""

import argparse
import os
import sys
from typing import TYPE_CHECKING

from ..directory import DirectoryError, at, follower
from ..places import DECLARED
from ..settings import Settings
from . import GOOD, WANTING, add_verb, apply

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..directory.differences import Difference
    from ..directory.prepare import Prepared

_MOST = 20


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verb of this module."""
    add_verb(verbs, prepare)


def prepare(_given: argparse.Namespace) -> int:
    """Make the directory ready: newest schema, the settings' domains and postmaster (`up` does this by itself)."""
    from ..directory import prepare as preparation

    settings = Settings.read(os.environ)
    place = at(settings)
    try:
        made = preparation.prepare(settings, place)
    except DirectoryError as error:
        print(f"mailstead: {error}; {follower.consequence(settings, place)}", file=sys.stderr, flush=True)
        return WANTING
    if made.account:
        # One write: the daemons' lines come at the same time.
        print("".join(f"mailstead: {line}\n" for line in welcome(settings, made.account, made.password)), end="", flush=True)
    _tell_declared(made)
    return WANTING if made.refused else GOOD


def _tell_declared(made: "Prepared") -> None:
    if made.refused:
        head = f"WARNING: {DECLARED} is not applied, and the directory stays as it was: {made.refused}"
        print("".join(f"mailstead: {line}\n" for line in head.splitlines() if line), end="", file=sys.stderr, flush=True)
    elif made.outcome and made.outcome.differences:
        if not made.account:  # at a first start nobody can be signed in
            apply.end_sessions(made.outcome.ended)
        lines = [f"{DECLARED} is applied:", *_some(made.outcome.differences), *apply.password_lines(made.outcome)]
        print("".join(f"mailstead: {line}\n" for line in lines), end="", flush=True)


def _some(differences: "Sequence[Difference]") -> list[str]:
    rest = len(differences) - _MOST
    return [*map(str, differences[:_MOST]), *([f"and {rest} more: mailstead audit"] if rest > 0 else [])]


def welcome(settings: Settings, account: str, password: str | None) -> list[str]:
    """Return what a new owner needs to connect; `password` where one was generated."""
    sending = f"SMTP port {settings.port_submissions} (TLS)"
    reading = f"IMAP port {settings.port_imaps} (TLS)"
    return [
        f"The postmaster's account is {account}"
        + (f"; its password, shown this once: {password}" if password else ", with the password you set."),
        f"Mail programs: server {settings.hostname}, user name = the whole address,",
        f"  reading by {reading}" + (f" or POP3 port {settings.port_pop3s} (TLS)," if settings.pop3 else ","),
        f"  sending by {sending}" + (f" or port {settings.port_submission} (STARTTLS)." if settings.submission_starttls else "."),
        f"More people: scripts/mailstead account add alice@{settings.domains[0]}",
    ]
