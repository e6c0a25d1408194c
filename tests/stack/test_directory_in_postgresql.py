"""The directory in PostgreSQL: everything the unit tests say of it, and what two machines at one database need beside."""

import functools
import multiprocessing
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from mailstead import directory
from mailstead.directory import DirectoryError, Place, accounts, audit, change, domains, postgresql, prepare, snapshot
from mailstead.settings import Settings
from stack.alone import Alone
from support import databases
from support.authority import Authority
from support.postgresql import Database
from support.stack import REPOSITORY
from support.wait import wait_until

OF_A_DATABASE = ("accounts", "apply", "change", "current", "prepare", "schema")
HASH = "$y$j9T$abc$def"
FORK = multiprocessing.get_context("fork")


def test_whatever_is_said_of_a_directory_holds_in_postgresql_too(database: Database, long: bool):
    """tests/unit/directory once more, with PostgreSQL in SQLite's place; in the short form what says most of a database.

    Its own report is shown where it fails.
    """
    what = ["tests/unit/directory"] if long else [f"tests/unit/directory/test_directory_{name}.py" for name in OF_A_DATABASE]
    command = [sys.executable, "-m", "pytest", *what, "-q", f"--postgresql={database.url}"]
    ran = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, timeout=600, check=False)

    assert ran.returncode == 0, ran.stdout[-20000:] + ran.stderr


@pytest.fixture
def url(database: Database) -> Iterator[str]:
    """A database in which there is nothing yet."""
    with databases.new(database.url) as new:
        yield new


@pytest.fixture
def make_machine(url: str, tmp_path: Path) -> Callable[[str], Place]:
    """Make a machine with a projection of its own; all share one database."""
    return lambda name: Place(
        url=url,
        projection=tmp_path / name / "projection",
        mail=tmp_path / name / "mail",
        owned=False,
        read=False,
    )


@pytest.fixture
def settings() -> Settings:
    """Settings for one domain."""
    return Settings.read({"MAIL_HOSTNAME": "mail.example.org", "MAIL_DOMAINS": "example.org"})


def at_once(*stories: Callable[[], None]) -> list[int | None]:
    """Run each story in a process of its own, all at the same time; return how they ended."""
    processes = [FORK.Process(target=story) for story in stories]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    return [process.exitcode for process in processes]


def counter(url: str) -> int:
    """Return the directory's counter, which also counts its changes."""
    return int(directory.state(url) or -1)


def test_machines_that_change_a_directory_at_once_lose_none(settings: Settings, make_machine: Callable[[str], Place], url: str):
    """Three at a new database, five changes each: it is made once, each change counts once."""

    def adds(machine: str) -> None:
        for number in range(5):
            with change.change(settings, make_machine(machine)) as connection:
                domains.add(connection, f"n{number}.{machine}.example")

    assert at_once(*(functools.partial(adds, machine) for machine in ("a", "b", "c"))) == [0, 0, 0]

    assert counter(url) == 15
    with change.reading(make_machine("d")) as connection:
        assert len(snapshot.read(connection).domains) == 15


def test_machines_that_start_at_once_make_one_postmaster(settings: Settings, make_machine: Callable[[str], Place]):
    """Each looks whether its domain and its postmaster are there; the second waits until the first has made them."""

    def starts(machine: str) -> None:
        prepare.prepare(settings, make_machine(machine))

    assert at_once(*(functools.partial(starts, machine) for machine in ("a", "b", "c", "d"))) == [0, 0, 0, 0]

    with change.reading(make_machine("a")) as connection:
        assert [one.action for one in audit.last(connection, 10)] == ["domain add", "account add"]


def test_a_limit_holds_for_machines_that_change_a_directory_at_once(settings: Settings, make_machine: Callable[[str], Place]):
    """Four add an account each where three may be: what a machine goes by is what the one before it has left."""
    with change.change(settings, make_machine("a")) as connection:
        domains.add(connection, "example.org")
        domains.set_limits(connection, "example.org", most_accounts=3)

    def adds(machine: str) -> None:
        with change.change(settings, make_machine(machine)) as connection:
            accounts.add(connection, f"{machine}@example.org", HASH)

    ended = at_once(*(functools.partial(adds, machine) for machine in ("a", "b", "c", "d")))

    assert sorted(ended) == [0, 0, 0, 1]
    with change.reading(make_machine("a")) as connection:
        assert len(snapshot.read(connection).accounts) == 3


def test_a_change_by_sql_counts_once_and_is_told(settings: Settings, make_machine: Callable[[str], Place], url: str):
    """Two statements of one transaction are one change; what is rolled back is none; the audit is not projected."""
    with change.change(settings, make_machine("a")) as connection:
        domains.add(connection, "example.org")
    before = counter(url)
    with postgresql.watching(url) as watch, psycopg.connect(url) as client:
        watch.listen()
        client.execute("UPDATE domains SET catch_all = 'a@example.com'")
        client.execute("INSERT INTO domains (name, receives) VALUES ('example.net', true)")
        client.commit()
        client.execute("DELETE FROM domains WHERE name = 'example.net'")
        client.rollback()
        client.execute("DELETE FROM audit")
        client.commit()

        assert watch.wait(10) is True
        assert watch.wait(0.1) is False
    assert counter(url) == before + 1


def test_a_change_waits_for_one_that_was_begun_by_sql(settings: Settings, make_machine: Callable[[str], Place], url: str):
    """Somebody has typed BEGIN and a statement: ours comes after his, and knows what he has done."""
    with change.change(settings, make_machine("a")) as connection:
        domains.add(connection, "example.org")
    begun, queue = FORK.Event(), FORK.Queue()

    def ours() -> None:
        begun.wait(30)
        with change.change(settings, make_machine("b")) as connection:
            queue.put(domains.add(connection, "example.net"))

    process = FORK.Process(target=ours)
    process.start()
    with psycopg.connect(url) as client:
        client.execute("INSERT INTO domains (name, receives) VALUES ('example.net', true)")
        begun.set()
        wait_until(lambda: waiting(url), what="the other change to wait")
    process.join(30)

    assert queue.get(timeout=30) is False


def waiting(url: str) -> bool:
    """Whether a session of this database waits for a lock."""
    with psycopg.connect(url) as client:
        rows = client.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
        return rows.fetchone() is not None


def test_a_wrong_password_is_told_and_not_shown(settings: Settings, make_machine: Callable[[str], Place], database: Database):
    """In the words of libpq, as one sentence."""
    wrong = replace(make_machine("a"), url=database.url.replace("hunter2", "hunter3"))

    with pytest.raises(DirectoryError, match=r"at 127\.0\.0\.1 does not answer: .*password authentication failed") as told:
        change.reproject(settings, wrong)
    assert "hunter" not in str(told.value)
    assert "\n" not in str(told.value)


def test_a_server_whose_certificate_is_not_the_one_is_refused(database: Database, authority: Authority, tmp_path: Path):
    """The parameters of the URL are libpq's own: here the authority is right, and the name is not."""
    (tmp_path / "ca.pem").write_text(authority.pem)
    encrypted = f"{database.url}?sslmode=verify-ca&sslrootcert={tmp_path}/ca.pem"
    assert directory.state(encrypted) is None

    with pytest.raises(DirectoryError, match="does not match host name"):
        directory.state(encrypted.replace("verify-ca", "verify-full"))


def test_without_a_server_and_without_files_it_waits(make_alone: Callable[..., Alone]):
    """The first start of all, while the database is away: the container stays, says once what is missing, and tries again."""
    url = "postgresql://mailstead:hunter2@127.0.0.1:1/mailstead"
    alone = make_alone(MAIL_DIRECTORY_URL=url)
    wait_until(lambda: "It is tried again" in alone.log(), 60, what="the log to say so")

    health = alone.exec("mailstead", "health")
    assert health.status == 1
    assert "ILL  directory" in health.output
    assert "Connection refused" in health.output
    assert "no mail is taken until it has been read once" in health.output
    assert "well follower" in health.output
    assert alone.log().count("It is tried again") == 1
    assert "hunter2" not in alone.log() + health.output
