"""A tree of files to be, and the only code that writes them.

Rendering and projecting are pure: they return a Tree. `write` makes it so, whole files swapped by rename, so that a
reader sees the old file or the new one, and a crash leaves either.
"""

import difflib
import fcntl
import grp
import os
import pwd
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class File:
    """A whole text file: what it says, who may read it. Its text is in no repr, since it may be a secret's."""

    text: str = field(repr=False)
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"
    secret: bool = False


@dataclass(frozen=True, kw_only=True)
class Directory:
    """A directory that must be there before a daemon starts."""

    mode: int = 0o755
    owner: str = "root"
    group: str = "root"


Tree = Mapping[str, File | Directory]
"""Absolute path in the container to what shall be there."""


def write(tree: Tree, root: Path, *, mtime: float | None = None, durable: bool = False, owned: bool = True) -> None:
    """Make `tree` true below `root`, in its order; OSError as the system says it.

    `mtime` (seconds since the epoch) dates the files; `durable` waits for the disk, for trees that outlive the container;
    `owned=False` leaves everything to the user who writes, for a look at a tree where our users do not exist.
    """
    for path, entry in tree.items():
        # The image's /etc is read-only, its links lead to tmpfs: write where they lead.
        place = (root / path.lstrip("/")).resolve()
        if isinstance(entry, Directory):
            place.mkdir(parents=True, exist_ok=True)
            _own(place, entry, owned)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            _swap(place, entry, mtime, durable, owned)


def _swap(place: Path, entry: File, mtime: float | None, durable: bool, owned: bool) -> None:
    def finish(beside: Path) -> None:
        # Dated while it is still ours: another's would need the capability FOWNER.
        if mtime is not None:
            os.utime(beside, (mtime, mtime))
        _own(beside, entry, owned)

    swap(place, entry.text.encode(), finish, durable=durable)


def swap(place: Path, content: bytes, finish: Callable[[Path], object] | None = None, *, durable: bool = True) -> None:
    """Swap a file for one of other content by rename; OSError as the system says it.

    It is the writer's own, with mode 0600, unless `finish` makes it another's before it has its name.
    """
    beside = place.with_name(f".{place.name}.new")
    beside.unlink(missing_ok=True)
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        if finish:
            finish(beside)
        if durable:
            os.fsync(file.fileno())
    beside.rename(place)
    if durable:
        sync(place.parent)


def _own(place: Path, entry: File | Directory, owned: bool) -> None:
    # Only what differs, and the mode while the file is ours: chmod of another user's would need the capability FOWNER.
    now = place.stat()
    if now.st_mode & 0o7777 != entry.mode:
        if owned and now.st_uid != os.geteuid():
            os.chown(place, os.geteuid(), -1)
        place.chmod(entry.mode)
        now = place.stat()
    if owned:
        uid, gid = pwd.getpwnam(entry.owner).pw_uid, grp.getgrnam(entry.group).gr_gid
        if (now.st_uid, now.st_gid) != (uid, gid):
            os.chown(place, uid, gid)


def sync(place: Path) -> None:
    """Wait until a file, or the names in a directory, are on the disk (fsync(2): a rename is durable only then)."""
    descriptor = os.open(place, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold a folder: who else wants to change what is in it waits (flock(2)). Who dies lets go."""
    held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield
    finally:
        os.close(held)


def public_files(tree: Tree) -> Mapping[str, File]:
    """Return the files of a tree that may be shown: all but the secret ones."""
    return {path: entry for path, entry in tree.items() if isinstance(entry, File) and not entry.secret}


def difference(files: Mapping[str, File], root: Path) -> Iterator[str]:
    """Yield the lines of a unified diff from the files below `root` to `files`; nothing where they are the same."""
    for path, file in files.items():
        place = root / path.lstrip("/")
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        yield from difflib.unified_diff(before.splitlines(True), file.text.splitlines(True), f"now{path}", f"new{path}")
