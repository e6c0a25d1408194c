"""The files of an image, by what a build decides: their dates are not of it, since Docker writes those of the build."""

import hashlib
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .run import Run

_KIND = {tarfile.REGTYPE: "file", tarfile.DIRTYPE: "directory", tarfile.SYMTYPE: "link", tarfile.LNKTYPE: "hard link"}


@dataclass(frozen=True)
class Entry:
    """A file of an image: its kind, permission bits, owners (numbers), size in bytes, SHA-256, and where a link leads."""

    kind: str
    mode: int
    owner: tuple[int, int]
    size: int
    digest: str
    target: str


@dataclass(frozen=True)
class Tree:
    """The files of an image by their paths; `contents` are those of the files whose name one asked for."""

    entries: dict[str, Entry]
    contents: dict[str, bytes]


def tree(run: Run, image: str, *kept: str) -> Tree:
    """Return all files of an image, with the contents of those whose paths end in one of the words of `kept`."""
    found = Tree({}, {})
    with _exported(run, image) as archive:
        for member in archive:
            content = archive.extractfile(member).read() if member.isreg() else b""
            found.entries[member.name] = _entry(member, content)
            if member.name.endswith(kept):
                found.contents[member.name] = content
    return found


def _entry(member: tarfile.TarInfo, content: bytes) -> Entry:
    kind, digest = _KIND.get(member.type, repr(member.type)), hashlib.sha256(content).hexdigest()
    return Entry(kind, member.mode, (member.uid, member.gid), member.size, digest, member.linkname)


def differing(one: Tree, other: Tree) -> list[str]:
    """Return the paths at which two trees are not the same."""
    paths = one.entries.keys() | other.entries.keys()
    return sorted(path for path in paths if one.entries.get(path) != other.entries.get(path))


class _Stream:
    """A file to read from, of the pieces that Docker sends."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces, self._rest = pieces, b""

    def read(self, size: int) -> bytes:
        while len(self._rest) < size and (piece := next(self._pieces, b"")):
            self._rest += piece
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


@contextmanager
def _exported(run: Run, image: str) -> Iterator[tarfile.TarFile]:
    container = run.client.containers.create(image, labels=run.labels)
    try:
        with tarfile.open(fileobj=_Stream(container.export(chunk_size=2**21)), mode="r|", bufsize=2**21) as archive:
            yield archive
    finally:
        container.remove(force=True)
