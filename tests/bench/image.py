"""How large are the images, and what makes them so?"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .measure import Bar
from .report import Report, table
from .stacks import BARE_IMAGE, REPOSITORY, run

MOST = 190  # MB
OURS, COMPILED, MADE = "Mailstead", "Python, compiled", "made in the build"
"""What is in no package of Debian's: our programs, what Python makes of its own, and lists and links of the build."""
_MB = 10**6  # as Docker shows it
_BIGGEST = 20
_BUILD_TIMEOUT = 1800  # seconds
_CONTEXTS = {
    "mail": (REPOSITORY, "images/mail/Dockerfile"),
    "filter": (REPOSITORY, "images/filter/Dockerfile"),
    "bare": (REPOSITORY / "tests/bench/bare", "Dockerfile"),
}
_NAMES = {"mail": "mailstead-bench/mail", "filter": "mailstead-bench/filter", "bare": BARE_IMAGE}
_FILES = r"find / -xdev -type f -printf '%i\t%s\t%T@\t%p\n'"
_OWNERS = "cd /var/lib/dpkg/info && grep --with-filename '' *.list"


@dataclass(frozen=True)
class File:
    """A file of an image: two names of one have the same `inode`, and its bytes count once."""

    inode: str = field(compare=False)
    size: int
    time: str


@dataclass(frozen=True)
class Image:
    """An image's bytes and those of its base, as Docker counts them, and the bytes that each package adds."""

    size: int
    base: int
    parts: Mapping[str, int]


def measure() -> Mapping[str, Image]:
    """Build the images, and look into them."""
    return {label: _measured(label) for label in _CONTEXTS}


def _measured(label: str) -> Image:
    context, dockerfile = _CONTEXTS[label]
    name, base = _NAMES[label], _base(context / dockerfile)
    command = ["docker", "build", "--quiet", "--tag", name, "--file", str(context / dockerfile), str(context)]
    run(command, timeout=_BUILD_TIMEOUT)
    before, after = (files(_said(image, _FILES)) for image in (base, name))
    return Image(_size(name), _size(base), parts(before, after, owners(_said(name, _OWNERS))))


def _base(dockerfile: Path) -> str:
    return re.search(r"^FROM (\S+)$", dockerfile.read_text(), re.MULTILINE)[1]


def _size(image: str) -> int:
    return int(run(["docker", "image", "inspect", "--format", "{{.Size}}", image]))


def _said(image: str, command: str) -> str:
    return run(["docker", "run", "--rm", "--network", "none", "--user", "0", "--entrypoint", "sh", image, "-c", command])


def files(listed: str) -> dict[str, File]:
    """Read what `find` says: inode, size, time and path, with tabs between."""
    rows = (line.split("\t", 3) for line in listed.splitlines())
    return {path: File(inode, int(size), time) for inode, size, time, path in rows if not path.startswith(("/proc/", "/sys/"))}


def owners(listed: str) -> dict[str, str]:
    """Read dpkg's lists, lines like `libc6:amd64.list:/lib/ld.so`: each path to its package. /lib is /usr/lib, and so on."""
    rows = (re.fullmatch(r"(.+?)(?::\w+)?\.list:(?:/usr)?(/.*)", line) for line in listed.splitlines())
    return {_merged(row[2]): row[1] for row in rows if row}


def _merged(path: str) -> str:
    return path.removeprefix("/usr")


def parts(base: Mapping[str, File], image: Mapping[str, File], packages: Mapping[str, str]) -> dict[str, int]:
    """Return the bytes that an image adds to its base, by what they belong to, most first."""
    added = {file.inode: (path, file) for path, file in image.items() if base.get(path) != file}
    sizes: Counter[str] = Counter()
    for path, file in added.values():
        sizes[_owner(path, packages)] += file.size
    return dict(sizes.most_common())


def _owner(path: str, packages: Mapping[str, str]) -> str:
    if "mailstead" in Path(path).parts:
        return OURS
    return COMPILED if path.endswith(".pyc") else packages.get(_merged(path), MADE)


def report(images: Mapping[str, Image]) -> Report:
    """Say what the images come to."""
    sizes = {label: (one.size, one.base, one.size - one.base) for label, one in images.items()}
    rows = [[label, *(f"{size / _MB:.1f}" for size in each)] for label, each in sizes.items()]
    made_of = [_parts(label, images[label]) for label in ("mail", "filter")]
    return Report(
        bench="image",
        tables=[table(["MB", "whole", "its base", "added"], rows), *made_of],
        bars=[Bar("MB of the image of mail", images["mail"].size / _MB, MOST)],
        figures={label: asdict(one) for label, one in images.items()},
    )


def _parts(label: str, image: Image) -> str:
    biggest, rest = list(image.parts.items())[:_BIGGEST], list(image.parts.values())[_BIGGEST:]
    rows = [*biggest, (f"{len(rest)} others", sum(rest))]
    return table([f"{label}, added by", "MB"], [[name, f"{size / _MB:.1f}"] for name, size in rows])
