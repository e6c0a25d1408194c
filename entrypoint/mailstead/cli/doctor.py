"""The verb that looks at everything and says what to type."""

import argparse
import dataclasses
import getpass
import json
import os
import smtplib
import sys
import time
from collections.abc import Sequence

from .. import doctor as examination
from .. import notices
from ..directory import DirectoryError
from ..doctor import Context, Finding, Status
from ..kinds import ip
from ..settings import Settings
from . import GOOD, USAGE, WANTING, add_verb, typed


def register(verbs: argparse._SubParsersAction) -> None:
    """Add the verb of this module."""
    looking = add_verb(verbs, doctor)
    looking.add_argument("--only", action="append", default=[], metavar="AREA|ID", help="look at this alone; may be repeated")
    looking.add_argument("--offline", action="store_true", help="ask nobody outside, the DNS neither")
    address = typed(ip, "an IPv4 or IPv6 address")
    looking.add_argument("--resolver", type=address, metavar="IP", help="the DNS server to ask (this container's own)")
    looking.add_argument("--changes", action="store_true", help="print only what has changed since the last --changes")
    looking.add_argument("--mail", action="store_true", help="send it to the postmaster, too, unless MAIL_DOCTOR_MAIL=no")
    looking.add_argument("--json", action="store_true", help="print a list of {id, status, said, mend}")
    chain = add_verb(looking.add_subparsers(metavar="VERB"), auth)
    chain.add_argument("address", metavar="ADDRESS")
    chain.add_argument("--password-stdin", action="store_true", help="read the password: standard input's first line")


def doctor(given: argparse.Namespace) -> int:
    """Look at everything that must be right for mail to come and go, and say what to type; status 1: something failed."""
    context, begin = _context(given), time.monotonic()
    if given.mail and not context.settings.doctor_mail:
        return GOOD
    try:
        found = examination.examine(context, given.only)
    except ValueError as error:
        print(error, file=sys.stderr)
        return USAGE
    try:
        (_tell_changes if given.changes else _tell)(given, context, found, time.monotonic() - begin)
    except (OSError, smtplib.SMTPException) as error:
        print(f"mailstead: this could not be noted, or not be sent to the postmaster: {error}", file=sys.stderr)
        return WANTING
    return _status(found)


def _tell_changes(given: argparse.Namespace, context: Context, found: Sequence[Finding], seconds: float) -> None:
    from ..doctor import changes

    before = changes.read()
    changed = changes.since(before, found)
    _tell(given, context, changed, seconds)
    # Noted once it is told: a letter that could not be sent is sent the next time.
    changes.keep(before, found)


def _tell(given: argparse.Namespace, context: Context, found: Sequence[Finding], seconds: float) -> None:
    _print(given, found, seconds)
    if given.mail and found:
        _mail(context, found)


def _context(given: argparse.Namespace) -> Context:
    asked = {"resolver": given.resolver} if given.resolver else {}
    return Context(settings=Settings.read(os.environ), environ=dict(os.environ), offline=given.offline, **asked)


def _print(given: argparse.Namespace, found: Sequence[Finding], seconds: float) -> None:
    from ..doctor import words

    if given.json:
        print(json.dumps([dataclasses.asdict(one) for one in found], indent=1), flush=True)
    elif found or not given.changes:
        name = "mailstead: " if given.mail else ""  # as every line of the container's log begins
        print("\n".join(name + line for line in [*words.lines(found), words.summary(found, seconds)]), flush=True)


def _mail(context: Context, found: Sequence[Finding]) -> None:
    from ..doctor import words

    notices.send(words.letter(found, context.settings), context.settings)


def _status(found: Sequence[Finding]) -> int:
    return WANTING if any(one.status is Status.FAIL for one in found) else GOOD


def auth(given: argparse.Namespace) -> int:
    """Say why somebody cannot sign in, stage by stage; the password is asked for, or read by --password-stdin."""
    from ..doctor import chain

    begin = time.monotonic()
    try:
        found = chain.examine(_context(given), given.address, _password(given))
    except (DirectoryError, ValueError) as error:
        print(error, file=sys.stderr)
        return WANTING
    _print(given, found, time.monotonic() - begin)
    return _status(found)


def _password(given: argparse.Namespace) -> str | None:
    """Return what was typed; None for nothing, and where nobody is asked."""
    if given.password_stdin:
        return sys.stdin.buffer.readline().decode(errors="surrogateescape").rstrip("\r\n") or None
    if sys.stdin.isatty():
        return getpass.getpass(f"Password of {given.address} (nothing: only what needs none is tried): ") or None
    return None
