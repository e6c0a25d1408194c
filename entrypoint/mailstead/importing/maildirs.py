"""Maildirs of docker-mailserver, /var/mail/<domain>/<local part>/{cur,new,tmp,.Sent,...}, moved to where ours are.

By rename(2): no letter is copied, and none is written over. All of a mailbox is gathered beside its place, and put there by one
last rename: one that is cut off goes on the next time. UIDs, UIDVALIDITY and keywords are in files that move along, flags in the
names of the letters (https://doc.dovecot.org/2.4/core/config/mailbox_formats/maildir.html).
"""

import errno
import os
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from .. import names, tree
from ..directory import DirectoryError, Place, mailboxes
from . import homes
from .report import Line, Report

_GATHERED = "Maildir.importing"
_MAILDIR = ("cur", "new", "tmp")
_FILES = ("subscriptions", "dovecot-uidlist", "dovecot-uidvalidity", "dovecot-keywords", "dovecot.index")
_ESCAPE, _ESCAPED = "^", "^5e"  # mailbox_list_storage_escape_char in dovecot.conf


@dataclass(frozen=True)
class Move:
    """A mailbox to be moved: `source` is the Maildir as it was, `home` the account's folder here."""

    address: str
    source: Path
    home: Path


def plan(mail: Path, accounts: Collection[str], place: Place, report: Report) -> list[Move]:
    """Return the mailboxes below `mail` that can be moved, and say of each other one why not. Nothing is changed."""
    try:
        return [Move(address, source, home) for address, source, home in _planned(mail, accounts, place, report)]
    except OSError as error:
        raise DirectoryError(f"{error.filename} cannot be read: {error.strerror}; no mail was moved") from error


def _planned(mail: Path, accounts: Collection[str], place: Place, report: Report) -> Iterator[tuple[str, Path, Path]]:
    for domain in _folders(mail):
        for source in _folders(domain):
            line, found = Line(f"{domain.name}/{source.name}"), f"{source.name}@{domain.name}"
            home = _home(found, place)
            why = _why_not(source, found, home, accounts)
            if why:
                report.left_out(line, "the mailbox", why)
            elif home and _has_mail(source, home):
                report.taken(line, found, f"its mail is moved to {home}/Maildir")
                yield found, source, home


def _folders(folder: Path) -> list[Path]:
    # No domain and no account begins with a dot.
    found = (Path(entry.path) for entry in os.scandir(folder) if entry.is_dir(follow_symlinks=False) and entry.name[0] != ".")
    return sorted(found)


def _home(address: str, place: Place) -> Path | None:
    try:
        return mailboxes.folder(place.mail, names.address(address))
    except ValueError:
        return None


def _why_not(source: Path, address: str, home: Path | None, accounts: Collection[str]) -> str | None:
    if (source / "mailboxes").is_dir() or (source / "storage").is_dir():
        return "it is no Maildir, and only those are moved"
    if not (home and _has_mail(source, home)):
        return None
    if address not in accounts:
        return f"there is no account {address}"
    taken = (home / "Maildir").exists() or (home / _GATHERED).is_symlink()
    return f"there is mail in {home}/Maildir already; move that away first" if taken else None


def _has_mail(source: Path, home: Path) -> bool:
    return any((source / name).is_dir() for name in _MAILDIR) or (home / _GATHERED).exists()


def carry_out(moves: Collection[Move], accounts: Collection[str], place: Place) -> None:
    """Move mailboxes; DirectoryError if one cannot be. What was moved until then stays so, and the next run goes on.

    Folders of `accounts` that whoever copied the mail has made become the mail user's, or nothing could be delivered there.
    """
    for address in accounts:
        home = mailboxes.folder(place.mail, address)
        for folder in (home.parent, home):
            if folder.exists():
                mailboxes.give(folder, place)
    for move in moves:
        try:
            _move(move, place)
        except OSError as error:
            raise DirectoryError(_words(move, error)) from error


def _words(move: Move, error: OSError) -> str:
    if error.errno == errno.EXDEV:
        return f"{move.source} is in another volume than {move.home}: mail is moved within one only, so copy it there first"
    return f"the mail of {move.address} cannot be moved: {error}; nothing is written over, and the next run goes on from here"


def _move(move: Move, place: Place) -> None:
    gathered = mailboxes.made(move.home / _GATHERED, place)
    for entry, name in _of_mailbox(move.source):
        entry.rename(gathered / name)
    _move_scripts(move)
    _give(move.home, place)
    tree.sync(gathered)
    tree.sync(move.source)
    gathered.rename(move.home / "Maildir")
    tree.sync(move.home)


def _of_mailbox(source: Path) -> Iterator[tuple[Path, str]]:
    for entry in sorted(source.iterdir()):
        if entry.is_symlink():
            continue
        folder = entry.name.startswith(".") and (entry / "cur").is_dir()
        if folder or entry.name in _MAILDIR or (entry.is_file() and entry.name.startswith(_FILES)):
            yield entry, entry.name.replace(_ESCAPE, _ESCAPED)


def _move_scripts(move: Move) -> None:
    theirs = move.source / "home"
    for name in ("sieve", homes.ACTIVE):
        script, goal = theirs / name, move.home / name
        if os.path.lexists(script) and not os.path.lexists(goal) and not _leads_away(script):
            script.rename(goal)


def _leads_away(script: Path) -> bool:
    return script.is_symlink() and (script.readlink().is_absolute() or ".." in script.readlink().parts)


def _give(home: Path, place: Place) -> None:
    for folder, folders, files in os.walk(home):
        for name in ("", *folders, *files):
            mailboxes.give(Path(folder, name), place)
