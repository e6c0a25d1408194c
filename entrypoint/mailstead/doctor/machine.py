"""The machine: room on its disks, memory, clock, and how old the programs are."""

import os
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ..memory import LIMITS
from ..room import VOLUMES, needed, size
from . import pending
from .checks import Untestable, Verdict, check, fail, passed, warn
from .context import Context, ran

_PERCENT = 5
_PLENTY = 10 * 2**30  # bytes: on a large disk a small share is still much
_LEAST_MEMORY = 256 * 2**20
_EVENTS = ("memory.events", "memory.oom_control")
"""The files beside LIMITS with a count of oom_kill."""
_UNLIMITED = 2**60
_PACKAGES = Path("/var/lib/dpkg/status")
_DAY = 86400
_NAMED = 5
_UPDATE = "git pull, then: docker compose build --pull --no-cache && scripts/up"

FLOORS: Mapping[str, str] = {
    "postfix": "3.10.13",
    "dovecot-core": "1:2.4.1+dfsg1-6+deb13u7",
    "libssl3t64": "3.5.9",
}
"""Debian's versions below which a hole is known."""
FILTERS_FLOORS: Mapping[str, str] = {"rspamd": "4.1", "libssl3t64": FLOORS["libssl3t64"]}
"""The same for the filter's image, which the tests look at. rspamd before 4.1: a buffer that overflows, recursion without end."""


@check("machine.disk")
def disk(context: Context) -> Iterator[Verdict]:
    """Each volume has room: Postfix takes no mail when its queue's disk cannot take one and a half of the largest."""
    for name, place in VOLUMES.items():
        found = os.statvfs(place)
        yield room(name, found.f_blocks * found.f_frsize, found.f_bavail * found.f_frsize, needed(context.settings))


def room(name: str, total: int, free: int, least: int) -> Verdict:
    """Return what the room on a volume's disk (bytes) means; below `least` mail is refused."""
    said = f"{size(free)} of {size(total)} free"
    mend = "make room on the disk of Docker's volumes (docker system df), or move them to a larger one"
    if free < least:
        return fail(f"{said}; below {size(least)} mail is put off", mend, of=name)
    if free * 100 < total * _PERCENT and free < _PLENTY:
        return warn(said, mend, of=name)
    return passed(said, of=name)


@check("machine.inodes")
def inodes(context: Context) -> Iterator[Verdict]:
    """Each volume can take more files: a mailbox has one for each message."""
    for name, place in VOLUMES.items():
        found = os.statvfs(place)
        yield files_left(name, found.f_files, found.f_favail)


def files_left(name: str, total: int, free: int) -> Verdict:
    """Return what the number of files a volume's disk can still take means; some file systems have no such limit (0)."""
    if total and free * 100 < total * _PERCENT:
        mend = "delete old mail, or move the volume to a file system with more inodes (mkfs.ext4 -i 4096, or xfs)"
        return warn(f"{free} of {total} files left", mend, of=name)
    return passed(f"{free} files left" if total else "no limit", of=name)


@check("machine.memory")
def memory(context: Context) -> Iterator[Verdict]:
    """The container's memory is not limited to less than its daemons need, and none was killed for want of it (OOM)."""
    limit, events = next(((limit, events) for limit, events in zip(LIMITS, _EVENTS, strict=True) if limit.exists()), (None, ""))
    if limit is None:
        raise Untestable("the kernel does not show this container's memory here")
    word, killed = limit.read_text(encoding="ascii").strip(), kills(limit.with_name(events).read_text(encoding="ascii"))
    mend = "give the container more memory (MAIL_MEMORY_LIMIT in .env, then: scripts/up), or the machine"
    if killed:
        yield fail(f"{killed} processes were killed for want of memory", mend, of="killed")
    if word.isdigit() and int(word) < _LEAST_MEMORY:
        yield warn(f"limited to {size(int(word))}", mend)
    elif not killed:
        yield passed(f"limited to {size(int(word))}" if word.isdigit() and int(word) < _UNLIMITED else "no limit")


def kills(events: str) -> int:
    """Return how many processes the kernel has killed, by the text of memory.events or memory.oom_control."""
    counts = dict(line.split() for line in events.splitlines() if len(line.split()) == 2)
    return int(counts.get("oom_kill", 0))


@check("machine.packages")
def packages(context: Context) -> Iterator[Verdict]:
    """No program is older than the version that closed its last known hole."""
    listed = ran("dpkg-query", "--show", "--showformat=${Package} ${Version}\\n", *FLOORS)
    found = dict(line.split() for line in listed.splitlines())
    old = [name for name, floor in FLOORS.items() if not _is_at_least(found.get(name, ""), floor)]
    for name in old:
        yield fail(f"{name} {found.get(name)} is older than {FLOORS[name]}, which closed a hole", _UPDATE, of=name)
    if not old:
        yield passed(", ".join(f"{name} {version}" for name, version in found.items()))


def _is_at_least(version: str, floor: str) -> bool:
    try:
        ran("dpkg", "--compare-versions", version, "ge", floor)
    except Untestable:
        return False
    return True


@check("machine.updates", outside=True)
def updates(context: Context) -> Iterator[Verdict]:
    """No security update of Debian's waits for this image, by the signed list of the mirror in its apt sources. The mirror sees
    this server's address, and nothing of what is installed."""
    yield awaited(pending.packages())


def awaited(packages: Sequence[pending.Package]) -> Verdict:
    """Return what the versions mean that Debian has of the packages that are installed."""
    newer = [f"{one.name} {one.installed} -> {one.candidate}" for one in packages if one.candidate != one.installed]
    if not newer:
        return passed(f"none waits for any of the {len(packages)} packages")
    more = f" and {len(newer) - _NAMED} more" if len(newer) > _NAMED else ""
    count = "1 waits" if len(newer) == 1 else f"{len(newer)} wait"
    return warn(f"{count}: {', '.join(newer[:_NAMED])}{more}", _UPDATE)


@check("machine.image")
def image(context: Context) -> Iterator[Verdict]:
    """The image was built within the last month: its programs get Debian's security updates with each build."""
    yield aged(int(time.time() - _PACKAGES.stat().st_mtime) // _DAY)


def aged(days: int) -> Verdict:
    """Return what the age of the image's packages means."""
    said = f"the programs were installed {days} days ago"
    if days > 90:
        return fail(f"{said}: security updates are missing for certain", _UPDATE)
    return warn(f"{said}: security updates may wait", _UPDATE) if days > 30 else passed(said)
