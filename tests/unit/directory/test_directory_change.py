"""Changes: committed and projected, or nothing; by several writers at once; mended after a crash between the two."""

import multiprocessing
import os
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from mailstead.directory import (
    DirectoryError,
    Place,
    accounts,
    aliases,
    audit,
    change,
    domains,
    is_current,
    publish,
    schema,
    snapshot,
)
from mailstead.directory.snapshot import Domain
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"
OTHER = "$y$j9T$abc$xyz"
FORK = multiprocessing.get_context("fork")


def lines(place: Place, name: str) -> list[str]:
    """Return the lines of a projected file."""
    return (place.projection / name).read_text().splitlines()


def counter(place: Place) -> int:
    """Return which state of the directory the projection shows."""
    return int(lines(place, "counter")[0].split()[0])


def test_a_change_is_in_the_projection_when_the_block_is_left(settings: Settings, place: Place):
    """Each change counts; the projection says which one it shows, and is current."""
    for number, name in enumerate(("example.org", "example.net"), start=1):
        with change.change(settings, place) as connection:
            domains.add(connection, name)
        assert f"{name} OK" in lines(place, "domains")
        assert counter(place) == number
        assert is_current(settings, place)


def test_a_change_that_fails_changes_nothing(settings: Settings, place: Place):
    """Neither the directory nor the projection, not even their dates."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
    before = {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in place.projection.iterdir()}

    def half_wrong() -> None:
        with change.change(settings, place) as connection:
            domains.add(connection, "example.net")
            accounts.add(connection, "alice@example.com", HASH)

    with pytest.raises(DirectoryError, match=r"no domain example\.com"):
        half_wrong()

    assert {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in place.projection.iterdir()} == before
    with change.reading(place) as connection:
        assert snapshot.read(connection).domains == (Domain(name="example.org"),)


def test_two_passwords_within_a_second_have_dates_apart(settings: Settings, place: Place):
    """Dovecot knows a new file by whole seconds and size, and the hashes are equally long."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)
    seen = [(place.projection / "passwd").stat()]
    for password_hash in (OTHER, HASH):
        with change.change(settings, place) as connection:
            accounts.set_password(connection, "alice@example.org", password_hash)
        seen.append((place.projection / "passwd").stat())

    assert len({one.st_size for one in seen}) == 1
    assert sorted({int(one.st_mtime) for one in seen}) == [int(one.st_mtime) for one in seen]


def test_a_clock_that_was_set_back_does_not_set_back_the_dates(settings: Settings, place: Place):
    """The next projection is dated after the last one, whatever time it is."""
    change.reproject(settings, place)
    passwd = place.projection / "passwd"
    os.utime(passwd, (4102444800, 4102444800))

    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)

    assert int(passwd.stat().st_mtime) == 4102444801


def test_dovecot_looks_again_before_mail_is_taken(settings: Settings, place: Place):
    """It looks at passwd once a second: what Postfix goes by is written in a later second than a new account."""
    live = replace(place, read=True)
    with change.change(settings, live) as connection:
        domains.add(connection, "example.org")
    with change.change(settings, live) as connection:
        accounts.add(connection, "alice@example.org", HASH)

    signing_in, taking_mail = (int((place.projection / name).stat().st_ctime) for name in ("passwd", "addresses.cdb"))
    assert signing_in < taking_mail


def test_dovecot_looks_again_before_a_sender_is_told_to_be_none(settings: Settings, place: Place):
    """Where it checks who sends: a change is not done while it may still let in whom it is to keep out."""
    live = replace(place, read=True)
    with change.change(settings, live) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)
    with change.change(settings, live, of="alice@example.org") as connection:
        accounts.set_may_send(connection, "alice@example.org", False)

    written = max(int(file.stat().st_ctime) for file in place.projection.glob("send-[0-9]"))
    assert written < int((place.projection / "counter").stat().st_ctime)


def test_a_crash_between_commit_and_projection_is_seen_and_mended(settings: Settings, place: Place):
    """The writer is killed right after its commit; the old projection is whole, is known to be old, and is then made anew."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")

    def dies() -> None:
        with change.opened(place) as engine:
            with change.transaction(engine, settings, place, audit.START) as connection:
                change.raise_counter(connection)
                domains.add(connection, "example.net")
            os._exit(9)

    assert exit_status(dies) == 9
    assert lines(place, "domains") == ["example.org OK", "mail.example.org OK"]
    assert not is_current(settings, place)

    assert change.reproject(settings, place) is True
    assert lines(place, "domains") == ["example.net OK", "example.org OK", "mail.example.org OK"]
    assert is_current(settings, place)
    assert change.reproject(settings, place) is False


def exit_status(story: Callable[[], None]) -> int | None:
    """Run a story in a process of its own; return how it ended."""
    process = FORK.Process(target=story)
    process.start()
    process.join(60)
    return process.exitcode


@pytest.mark.parametrize("cut_at", ["senders", "refusals", "passwd", "patterns", "addresses.cdb", "domains.cdb", "counter"])
def test_a_crash_amid_the_projection_is_seen_and_mended(settings: Settings, place: Place, cut_at: str):
    """Wherever it stops, and even for the settings of before, no half of a projection is taken for one."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)
    other = replace(settings, hostname="mx.example.org", quota=2**20)

    def dies() -> None:
        if cut_at.endswith(".cdb"):
            publish.tables.write = dying(publish.tables.write, cut_at)
        else:
            publish.tree.write = dying(publish.tree.write, cut_at)
        change.reproject(other, place)

    assert exit_status(dies) == 9
    assert not is_current(settings, place)
    assert not is_current(other, place)

    change.reproject(other, place)
    assert is_current(other, place)
    assert "mx.example.org OK" in lines(place, "domains")


def dying(write: Callable, name: str) -> Callable:
    """Return a writer that ends its process instead of writing one file."""

    def written(first: object, *rest: object, **how: object) -> None:
        path = first if isinstance(first, Path) else Path(next(iter(first)))
        if path.name == name:
            os._exit(9)
        write(first, *rest, **how)

    return written


def test_writers_at_once_lose_nothing_and_the_newest_projection_stays(settings: Settings, place: Place):
    """Four processes, six changes each: all of them count, and the projection is that of the last."""

    def adds(writer: int) -> None:
        for number in range(6):
            with change.change(settings, place) as connection:
                domains.add(connection, f"n{number}.w{writer}.example")

    processes = [FORK.Process(target=adds, args=(writer,)) for writer in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)

    assert [process.exitcode for process in processes] == [0] * 4
    assert counter(place) == 24
    assert len(lines(place, "domains")) == 24 + 1
    assert is_current(settings, place)


def test_a_writer_waits_for_another(settings: Settings, place: Place):
    """What it reads, asked for while the first is at it, is what the first one wrote."""
    held, asked, queue = FORK.Event(), FORK.Event(), FORK.Queue()

    def second() -> None:
        held.wait(10)
        asked.set()
        with change.reading(place) as connection:
            queue.put([one.name for one in snapshot.read(connection).domains])

    process = FORK.Process(target=second)
    process.start()
    with change.change(settings, place) as connection:
        held.set()
        asked.wait(10)
        domains.add(connection, "example.org")

    assert queue.get(timeout=10) == ["example.org"]
    process.join(10)


def test_a_projection_that_cannot_be_written_is_told_and_mended_later(settings: Settings, place: Place):
    """The change is kept: the sentence says so, and what to type. Here a folder is in the way."""
    change.reproject(settings, place)
    (place.projection / "domains").unlink()
    (place.projection / "domains").mkdir()

    told = "the directory is as you asked, but the daemons do not see it yet.*mailstead project"
    with pytest.raises(DirectoryError, match=told), change.change(settings, place) as connection:
        domains.add(connection, "example.org")
    assert not is_current(settings, place)

    (place.projection / "domains").rmdir()
    change.reproject(settings, place)
    assert "example.org OK" in lines(place, "domains")


@pytest.mark.sqlite
def test_a_file_that_is_no_database_is_told(settings: Settings, place: Place, tmp_path: Path):
    """In the words of SQLite, as one sentence."""
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "directory.sqlite").write_text("once upon a time there was no database\n" * 100)

    with pytest.raises(DirectoryError, match="the directory cannot be used: file is not a database"):
        change.reproject(settings, place)
    assert not is_current(settings, place)


def test_a_place_that_cannot_be_made_is_told(settings: Settings, place: Place, tmp_path: Path):
    """A file where a folder should be."""
    (tmp_path / "state").write_text("in the way")

    with pytest.raises(DirectoryError, match=r"the directory cannot be used: .*state"):
        change.reproject(settings, place)


def test_the_database_itself_keeps_accounts_in_domains(place: Place):
    """A program that writes SQL by itself cannot leave somebody without a domain."""
    engine = schema.open(place.url)
    schema.upgrade(engine)
    row = {"address": "a@example.com", "domain": "example.com", "typed": "a@example.com", "name": "", "password_hash": HASH}
    row |= {"enabled": True, "may_send": True, "must_change": False, "keeps_copy": True}

    with pytest.raises(IntegrityError, match=r"(?i)foreign key"), engine.begin() as connection:
        connection.execute(schema.accounts.insert().values(row))


@pytest.mark.sqlite
def test_the_directory_stays_one_file(settings: Settings, place: Place, tmp_path: Path):
    """A backup that copies it while nobody writes has all of it."""
    with change.change(settings, place) as connection:
        domains.add(connection, "example.org")
        accounts.add(connection, "alice@example.org", HASH)
        aliases.add(connection, "sales@example.org", ["alice@example.org"])

    assert sorted(file.name for file in (tmp_path / "state").iterdir()) == ["directory.sqlite", "projection"]
    copy = sqlite3.connect(tmp_path / "state" / "directory.sqlite")
    assert copy.execute("SELECT target FROM aliases").fetchall() == [("alice@example.org",)]
