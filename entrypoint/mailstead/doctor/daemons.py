"""Whether the daemons run, answer, and go by what they were given last."""

import contextlib
import os
import time
from collections.abc import Iterator
from pathlib import Path

from .. import health
from ..render import render
from ..services import dovecot, rooms
from ..tree import difference, public_files
from .checks import Verdict, check, fail, passed, skipped, warn
from .context import Context

_RESTART = "docker compose restart mail"
_ROOT = Path("/")
_MASTERS = {"dovecot": Path("/run/dovecot/master.pid"), "postfix": Path("/var/spool/postfix/pid/master.pid")}


@check("daemons.answer")
def answer(context: Context) -> Iterator[Verdict]:
    """Each daemon answers in its own protocol, and the tables they read say what the directory says (`mailstead health`)."""
    for one in health.examine(context.settings):
        if one.name in ("certificate", "disks"):
            continue  # have areas of their own
        if one.ok:
            yield passed(one.said, of=one.name)
        else:
            yield fail(one.said, f"{_RESTART}; its words are in: docker compose logs mail | grep '^{one.name}'", of=one.name)


@check("daemons.configuration")
def configuration(context: Context) -> Iterator[Verdict]:
    """The configuration files are those that the settings make: nobody has changed them by hand, and no setting is newer."""
    tree = public_files(render(context.settings, rooms(context.settings)))
    changed = [path for path, file in tree.items() if any(difference({path: file}, _ROOT))]
    for path in changed:
        said = f"{path} is not what the settings make; a change by hand is gone with the next start"
        yield warn(said, "let it be a setting in .env (or a file in config/), then: scripts/up", of=path)
    if not changed:
        yield passed(f"{len(tree)} files are as the settings make them")


@check("daemons.own-files")
def own_files(context: Context) -> Iterator[Verdict]:
    """The owner's files in config/dovecot are older than Dovecot: it reads them when it starts."""
    started = since(_MASTERS["dovecot"])
    files = sorted(dovecot.CONFIG.glob("dovecot/*.conf"))
    if started is None:
        yield skipped("Dovecot does not run")
        return
    newer = [one.name for one in files if one.stat().st_mtime > started]
    if newer:
        yield warn(f"Dovecot has not read {', '.join(newer)} yet, which changed after it was started", _RESTART)
    else:
        yield passed(f"in force: {', '.join(one.name for one in files)}" if files else "there are none")


def since(pid_file: Path) -> float | None:
    """Return when the process of a pid file was started (seconds since the epoch); None if it does not run."""
    with contextlib.suppress(OSError, ValueError):
        number = int(pid_file.read_text(encoding="ascii"))
        ticks = int((Path("/proc") / str(number) / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()[19])
        booted = time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)
        return booted + ticks / os.sysconf("SC_CLK_TCK")
    return None
