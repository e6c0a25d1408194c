"""An upgrade that dies before any one of its calls to the system, and is begun again: the same bytes as without a death."""

import os
import shutil
import signal
import sqlite3
import sys
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import alembic.command  # noqa: F401  (imported here, so that the calls of an upgrade are its own)
import pytest

from faults import past
from mailstead import upgrade
from mailstead.directory import schema  # noqa: F401
from mailstead.upgrade import Refused, Volumes, backup, version
from mailstead.upgrade.steps import numbers_and_relays

DEATHS = 20
CALLS = {"open", "os.rename", "os.mkdir", "os.chmod", "os.chown", "os.remove", "os.rmdir", "os.utime", "sqlite3.connect"}
"""What is announced before it is done (docs.python.org/3/library/audit_events.html)."""


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Volumes:
    """Volumes as an earlier version has left them, all of it ours."""
    place = tmp_path_factory.mktemp("old")
    with tarfile.open(past.archives()[0]) as archive:
        archive.extractall(place, filter="data")
    return at(place)


def at(place: Path) -> Volumes:
    """Return the volumes below a folder."""
    return Volumes(state=place / "state", mail=place / "mail", queue=place / "queue", owned=False)


@pytest.fixture
def copy(volumes: Volumes, tmp_path: Path) -> Callable[[object], Volumes]:
    """Make a copy of the old volumes: copy("name")."""
    return lambda name: at(shutil.copytree(volumes.state.parent, tmp_path / str(name)))


def run_until(call: float, volumes: Volumes) -> int:
    """Upgrade in a process that kills itself before its call of this number; return how many calls there were, -1 if it died."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        made = _count(call)
        upgrade.ready(lambda _: None, volumes)
        os.write(writer, str(made[0]).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, encoding="ascii") as said:
        count = said.read()
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert status in (0, -signal.SIGKILL)
    return int(count) if status == 0 else -1


def _count(last: float) -> list[int]:
    made = [0]

    def hear(event: str, _arguments: tuple) -> None:
        if event in CALLS:
            made[0] += 1
            if made[0] == last:
                os.kill(os.getpid(), signal.SIGKILL)

    sys.addaudithook(hear)
    return made


def content(place: Path, *left_out: str) -> dict[str, object]:
    """Return all that lies below a folder: names to bytes, the directory as SQL; without what differs from run to run."""
    files = (path for path in place.rglob("*") if path.is_file() and path.relative_to(place).parts[0] not in left_out)
    return {str(path.relative_to(place)): _content(path) for path in files}


def _content(path: Path) -> object:
    if path.name != "directory.sqlite":
        return path.read_bytes()
    with closing(sqlite3.connect(path)) as directory:
        return list(directory.iterdump())


def backups(volumes: Volumes) -> list[Path]:
    """Return the backups that count."""
    return sorted((volumes.state / backup.FOLDER).glob("before-*"))


def test_it_may_die_before_any_call_and_ends_the_same(copy: Callable[[object], Volumes], long: bool, record_property: Callable):
    """At twenty calls spread over all (at every one in the long form); a backup that is there is whole, of the old data."""
    whole = copy("whole")
    calls = run_until(float("inf"), whole)
    (kept,) = backups(whole)
    expected = content(whole.state, backup.FOLDER, ".stack"), content(kept)
    record_property("calls of an upgrade", calls)
    points = range(1, calls + 1) if long else [1 + number * calls // DEATHS for number in range(DEATHS)]

    for point in points:
        struck = copy(point)
        assert run_until(point, struck) == -1
        assert [content(one) for one in backups(struck)] in ([], [expected[1]]), f"a half backup after call {point}"
        assert run_until(float("inf"), struck) > 0
        assert content(struck.state, backup.FOLDER, ".stack") == expected[0], f"another result after call {point}"
        assert {str(content(one)) for one in backups(struck)} == {str(expected[1])}
        shutil.rmtree(struck.state.parent)


def test_without_room_for_the_backup_nothing_is_begun(copy: Callable[[object], Volumes], monkeypatch: pytest.MonkeyPatch):
    """A sentence with both numbers; the old data as it was."""
    old = copy("full")
    before = content(old.state)
    monkeypatch.setattr(backup.shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(2**30, 2**30, 2**20))

    with pytest.raises(Refused, match=r"no room for a backup of the volume state before the upgrade: 16 MB .* 1 MB are free"):
        upgrade.ready(lambda _: None, old)
    assert content(old.state, ".held", ".stack") == before


def test_a_start_with_data_of_this_version_says_and_changes_nothing(copy: Callable[[object], Volumes]):
    """Once it is there, there is nothing to do; and a new stack has this version from its first moment."""
    done = copy("done")
    assert run_until(float("inf"), done) > 20
    before = content(done.state.parent)

    assert run_until(float("inf"), done) < 20
    assert content(done.state.parent) == before


def test_new_volumes_have_this_version(tmp_path: Path):
    """With nothing in them, or with what a first start that was cut off has left."""
    new = at(tmp_path)
    for place in new.named().values():
        (place / "deferred").mkdir(parents=True)
    (new.state / ".held").touch()
    upgrade.ready(lambda _: None, new)

    assert version.read(new) == upgrade.VERSION
    assert not (new.state / backup.FOLDER).exists()


def test_two_backups_are_kept(copy: Callable[[object], Volumes]):
    """That of this upgrade and the one before."""
    old = copy("often")
    for day in ("20200101", "20210101", "20220101"):
        (old.state / backup.FOLDER / f"before-1-{day}T000000Z").mkdir(parents=True)
    upgrade.ready(lambda _: None, old)

    assert [place.name[:13] for place in backups(old)] == ["before-1-2022", "before-2-" + backups(old)[-1].name[9:13]]


def test_a_projection_of_an_earlier_version_keeps_no_mail_back(tmp_path: Path):
    """Tables it does not know are there, empty, until it is made anew; what it has stays. Without one Postfix waits."""
    numbers_and_relays.complete(tmp_path)
    assert list(tmp_path.iterdir()) == []

    (tmp_path / "counter").write_text("7 site")
    (tmp_path / "relay-tls.cdb").write_bytes(b"as it is")
    numbers_and_relays.complete(tmp_path)

    made = {file.name for file in tmp_path.glob("*.cdb")}
    assert made == {"relay-tls.cdb", "relay-logins.cdb", "relay-senders.cdb"}
    assert (tmp_path / "relay-tls.cdb").read_bytes() == b"as it is"
