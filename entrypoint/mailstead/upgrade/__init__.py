"""What lies in the volumes, brought to the form this version knows, before any daemon sees it.

    held -> related -> version: newer: refused | the same: go on | older: backup -> step -> step -> version

One integer is the version of all data of a stack: `VERSION` here, the file `version` in the volume `state`. It is raised when
what lies there changes its form: add a module to `steps`, and count up. Versions of the programs are another matter, since
Postfix and Dovecot read what their older ones have written. A stack without the file is of before there was one: version 1.

A step may be killed at any moment and is then run again from its beginning, so whatever it finds done it leaves. The
directory's own migrations (directory/migrations) are run by steps where it is a file; in a server it is the follower who
runs them, when that answers. This module is on the path of a start: standard library alone, and two small files are read.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ..places import MAIL, QUEUE, STATE

VERSION = 2
"""The form of the data that this Mailstead writes and reads."""

FIRST = 1
"""The form of data without a version: of before there were any."""

UPGRADING = "upgrading"
"""The file that names the backup made for an upgrade that is under way; empty or not there where none is."""


class Refused(Exception):
    """Why the data is left as it is and nothing starts: a sentence, with what to do."""


@dataclass(frozen=True, kw_only=True)
class Volumes:
    """Where the volumes of a stack are mounted; `owned=False` where the daemons' users do not exist."""

    state: Path = STATE
    mail: Path = MAIL
    queue: Path = QUEUE
    owned: bool = True

    def named(self) -> dict[str, Path]:
        """Return the volumes by their names in compose.yaml."""
        return {"state": self.state, "mail": self.mail, "queue": self.queue}


HERE = Volumes()


def ready(tell: Callable[[str], None], volumes: Volumes = HERE) -> None:
    """Hold the volumes for as long as this process lives, and bring what is in them to VERSION; Refused if it must not be."""
    from . import held, version

    held.hold(volumes.named())
    found = version.read(volumes)
    if found is None:
        version.write(volumes, VERSION)
    elif found > VERSION:
        raise Refused(
            f"the data in the volumes has version {found}, and this image knows versions up to {VERSION}: start the newer image "
            "again, or go back to the backup it made (docs/upgrading.md); nothing was changed"
        )
    relate(volumes)
    if found and found < VERSION:
        _upgrade(found, tell, volumes)


def relate(volumes: Volumes) -> None:
    """See that the volumes belong together, and mark those that are new; Refused if they are of different stacks."""
    from . import kin

    kin.check(volumes.named())


def under_way(volumes: Volumes = HERE) -> bool:
    """Whether an upgrade has begun and not ended."""
    try:
        return bool((volumes.state / UPGRADING).read_bytes())
    except OSError:
        return False


def _upgrade(found: int, tell: Callable[[str], None], volumes: Volumes) -> None:
    from . import backup, steps, version

    tell(f"the data has version {found}, this image writes version {VERSION}: it is brought there before anything starts.")
    kept = backup.before(found, VERSION, volumes.state)
    tell(f"a backup of the volume state, without mail, is in {kept}.")
    for number in range(found, VERSION):
        step = steps.STEPS[number]
        tell(f"from version {number} to {number + 1}: {step.WHAT}.")
        step.run(volumes)
    version.write(volumes, VERSION)
    backup.tidy(volumes.state)
    tell(f"the data has version {VERSION} now.")
