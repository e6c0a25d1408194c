"""The folders of accounts below /var/mail when accounts go, come back or are renamed; and people who are still signed in."""

import ctypes
import errno
import os
import shutil
import subprocess
import time
from pathlib import Path

from .. import names
from . import DirectoryError, Place

DAYS_KEPT = 30
"""How long the mail of a deleted account is kept, unless somebody says otherwise."""

VMAIL = 5000  # user and group of all mail on disk; Dovecot's mail_uid and mail_gid
_DAY = 86400  # seconds
_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # fcntl.h, linux/fs.h


def folder(mail: Path, address: str) -> Path:
    """Return the folder of an address below `mail`; DirectoryError if a link there leads out of it."""
    place = _path(mail, address)
    if place.resolve() != place:
        raise DirectoryError(f"{place} leads to {place.resolve()}; mail is moved below {mail} only, so put that right by hand")
    return place


def _path(mail: Path, address: str) -> Path:
    return mail.resolve() / names.domain_of(address) / names.local_part_of(address)


def kept(mail: Path, name: str) -> Path:
    """Return where the mail of a deleted account is kept. No domain begins with a dot."""
    return mail.resolve() / ".deleted" / name


def remove(mail: Path, address: str) -> None:
    """Remove the mail of an address for good. From the first moment a new account at this address has a new folder."""
    place = folder(mail, address)
    # No address begins with a dot. What an earlier removal was kept from finishing goes too.
    going = place.with_name(f".{place.name}.deleted")
    shutil.rmtree(going, ignore_errors=True)
    if place.exists():
        place.rename(going)
        shutil.rmtree(going)


def keep(place: Place, address: str, name: str) -> None:
    """Move the mail of an address to where that of deleted accounts is kept; nothing to do where there is none."""
    source = folder(place.mail, address)
    if source.exists():
        made(kept(place.mail, name).parent, place)
        shutil.move(source, kept(place.mail, name))


def bring_back(place: Place, name: str, address: str) -> None:
    """Move the mail of a deleted account back; DirectoryError if there is other mail by now."""
    source, goal = kept(place.mail, name), folder(place.mail, address)
    if source.exists():
        if goal.exists():
            raise DirectoryError(f"there is other mail in {goal} by now; move it away first, or delete it")
        made(goal.parent, place)
        shutil.move(source, goal)


def remove_kept(mail: Path, name: str) -> None:
    """Remove the mail of a deleted account for good."""
    if kept(mail, name).exists():
        shutil.rmtree(kept(mail, name))


def rename(place: Place, old: str, new: str) -> None:
    """Move the mail of an address to another; a link at the old place leads on whoever is delivering there just now.

    DirectoryError if there is mail at the new address, or the old folder is not where it should be.
    """
    unlink(place.mail, new)
    _put_back(_path(place.mail, old))
    source, goal = folder(place.mail, old), folder(place.mail, new)
    if goal.exists():
        raise DirectoryError(f"there is other mail in {goal} already; move it away first, or delete it: mailstead account delete")
    for needed in (goal.parent, source.parent, source):
        made(needed, place)
    goal.symlink_to(os.path.relpath(goal, source.parent))
    try:
        _exchange(source, goal)
    except OSError:
        goal.unlink()
        raise


def _put_back(source: Path) -> None:
    # A rename whose change was not committed has left a link to what is meant.
    if _is_ours(source):
        goal = source.resolve()
        _exchange(source, goal)
        goal.unlink()


def unlink(mail: Path, address: str) -> None:
    """Take away the link that a rename has left at an address."""
    if _is_ours(_path(mail, address)):
        _path(mail, address).unlink()


def unlink_old(mail: Path, address: str) -> None:
    """Take away the link that a rename has left at an address a day ago or earlier: nobody delivers there any more."""
    place = _path(mail, address)
    if _is_ours(place) and place.lstat().st_mtime < time.time() - _DAY:
        place.unlink()


def _is_ours(place: Path) -> bool:
    # An owner's own links, to another disk, say where that is from the root on.
    return place.is_symlink() and not place.readlink().is_absolute()


def _exchange(source: Path, link: Path) -> None:
    """Let a folder and the link to it change places, at one stroke where the file system can (renameat2(2))."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.renameat2(_AT_FDCWD, os.fsencode(source), _AT_FDCWD, os.fsencode(link), _RENAME_EXCHANGE) == 0:
        return
    if ctypes.get_errno() not in (errno.EINVAL, errno.ENOSYS):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), str(source))
    folder, other = (source, link) if link.is_symlink() else (link, source)
    text = other.readlink()
    other.unlink()
    folder.rename(other)
    folder.symlink_to(text)


def made(folder: Path, place: Place) -> Path:
    """Make a folder below the place of mail, and those above it, each the mail user's own; return it."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    for one in reversed(missing):
        one.mkdir(mode=0o700)
        give(one, place)
    return folder


def give(path: Path, place: Place) -> None:
    """Give something below the place of mail to the mail user."""
    now = path.lstat()
    if place.owned and (now.st_uid, now.st_gid) != (VMAIL, VMAIL):
        os.lchown(path, VMAIL, VMAIL)


def end_sessions(address: str) -> str | None:
    """End the IMAP and POP3 sessions of an address by doveadm-kick(1); return why that could not be done, or None."""
    try:
        ran = subprocess.run(["doveadm", "kick", address], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if ran.returncode == 0 else ran.stderr.strip()
