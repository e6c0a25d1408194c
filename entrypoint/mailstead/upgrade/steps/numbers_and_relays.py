"""From 1 to 2: the daemons' users got numbers that stay, and the directory knows the relays of domains.

Debian numbered the users by the order of the packages: with OpenDKIM in the image, letters that waited in the queue of an
older one were OpenDKIM's, and Postfix could neither read nor send them.
"""

import grp
import os
import pwd
import shutil
from collections.abc import Iterator
from pathlib import Path

from ... import tables
from ...directory import RELAYS
from ...places import DATABASE, PROJECTION, SEEN
from .. import Volumes

WHAT = "files of the queue, tables and dates get the numbers of this image's users, the directory a table for relays"
_SCHEMA = "0002"


def run(volumes: Volumes) -> None:
    """Hand over the files, migrate the directory where it is a file, give the projection the tables it does not know."""
    if volumes.owned:
        _hand_over(_below(volumes.queue), pwd.getpwnam("postfix").pw_uid, grp.getgrnam("postfix").gr_gid)
        # Root's own: only the group that may read them has another number.
        _hand_over(_below(volumes.state / PROJECTION.name), 0, grp.getgrnam("dovecot").gr_gid)
        # saslauthd was root, and left the dates of app passwords as root's.
        for date in (volumes.state / SEEN.name).glob("app-send-*/*"):
            shutil.chown(date, "saslauthd", "saslauthd")
    _migrate(volumes.state / DATABASE.name)
    complete(volumes.state / PROJECTION.name)


def _below(folder: Path) -> Iterator[Path]:
    # The folders as well: Postfix spreads a queue over sixteen of them. Those it lists itself a start puts right.
    return (Path(one, name) for one, folders, names in os.walk(folder) for name in folders + names)


def _hand_over(files: Iterator[Path], uid: int, gid: int) -> None:
    """Give files and folders that are not root's to a user, and those whose group is not root's to a group."""
    for file in files:
        now = file.lstat()
        wanted = (uid if now.st_uid else 0, gid if now.st_gid else 0)
        if wanted != (now.st_uid, now.st_gid):
            os.lchown(file, *wanted)


def _migrate(database: Path) -> None:
    if not database.exists() or not database.stat().st_size:
        return
    from ...directory import schema  # takes a while, and only an upgrade needs it

    engine = schema.open(f"sqlite:///{database}")
    try:
        schema.migrate(engine, _SCHEMA)
    finally:
        engine.dispose()


def complete(projection: Path) -> None:
    """Give a projection the tables it does not know, empty: a missing one would be a 451 until it is made anew, which may take
    until a directory in a server answers. Where there is no projection yet, Postfix waits for it.
    """
    for name in RELAYS if (projection / "counter").exists() else ():
        place = projection / f"{name}.cdb"
        if not place.exists():
            tables.write(place, "")
