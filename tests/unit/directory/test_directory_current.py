"""is_current: asked at every start, quick, and never in the way of one."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import inspect

from mailstead.directory import HERE, DirectoryError, Place, at, change, is_current, matches, schema, site
from mailstead.settings import Settings


@pytest.fixture
def projected(settings: Settings, place: Place) -> Place:
    """A directory that is current."""
    change.reproject(settings, place)
    assert is_current(settings, place)
    return place


def database(place: Place) -> Path:
    """Return the file of a directory."""
    return Path(place.url.removeprefix("sqlite:///"))


def write(place: Place, statement: str) -> None:
    """Write to a directory as another program would."""
    with schema.open(place.url).begin() as connection:
        connection.exec_driver_sql(statement)


def test_a_directory_nobody_has_made_is_not_current(settings: Settings, place: Place):
    """Nor is one made by asking."""
    assert not is_current(settings, place)
    assert inspect(schema.open(place.url)).get_table_names() == []


@pytest.mark.parametrize(
    "field", [{"hostname": "mx.example.org"}, {"domains": ("example.org",)}, {"postmaster": "a@example.org"}, {"quota": 2**20}]
)
def test_a_projection_for_other_settings_is_not_current(settings: Settings, projected: Place, field: dict[str, object]):
    """Each of these is in the projected files."""
    assert not is_current(replace(settings, **field), projected)


def test_settings_that_are_not_projected_do_not_matter(settings: Settings, projected: Place):
    """A start without POP3 projects nothing."""
    assert is_current(replace(settings, pop3=False), projected)


def test_another_writer_is_noticed(settings: Settings, projected: Place):
    """A program that changes the directory and raises its counter leaves the projection behind."""
    write(projected, "UPDATE meta SET value = '5'")

    assert not is_current(settings, projected)


def test_another_schema_is_noticed(settings: Settings, projected: Place):
    """Older or newer: the start looks into it."""
    write(projected, "UPDATE alembic_version SET version_num = '9999'")

    assert not is_current(settings, projected)


@pytest.mark.sqlite
@pytest.mark.parametrize("content", [b"", b"no database", b"SQLite format 3\x00" + b"\xff" * 4096])
def test_a_foreign_file_is_not_current(settings: Settings, projected: Place, content: bytes):
    """And is no error."""
    database(projected).write_bytes(content)

    assert not is_current(settings, projected)


@pytest.mark.parametrize("content", [b"", b"1", b"one two three", b"\xff\xfe"])
def test_a_broken_counter_is_not_current(settings: Settings, projected: Place, content: bytes):
    """Half a file, or none of ours."""
    (projected.projection / "counter").write_bytes(content)

    assert not is_current(settings, projected)


@pytest.mark.sqlite
def test_a_locked_directory_is_not_current_and_not_waited_for(settings: Settings, projected: Place):
    """Who holds it is changing it; `project` waits, a start does not."""
    with sqlite3.connect(database(projected), isolation_level=None) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        assert not is_current(settings, projected)
        connection.execute("ROLLBACK")
    assert is_current(settings, projected)


@pytest.mark.sqlite
def test_a_directory_that_is_gone_is_not_current(settings: Settings, projected: Place):
    """Its projection alone is not enough; nor is a folder in its place."""
    database(projected).unlink()
    assert not is_current(settings, projected)
    database(projected).mkdir()
    assert not is_current(settings, projected)


@pytest.mark.sqlite
def test_a_copy_elsewhere_is_as_current(settings: Settings, projected: Place, tmp_path: Path):
    """Names with blanks and signs that mean something in a URI are files like others."""
    folder = tmp_path / "a b #1 ?x=y 100%"
    shutil.copytree(projected.projection.parent, folder)
    copy = replace(projected, url=f"sqlite:///{folder}/directory.sqlite", projection=folder / "projection")

    assert is_current(settings, copy)


def test_a_server_that_is_away_is_no_error(settings: Settings, projected: Place):
    """Nobody listens there; whoever wants to know why gets a sentence, without the password."""
    away = replace(projected, url="postgresql://mailstead:hunter2@127.0.0.1:1/mailstead")

    assert not is_current(settings, away)
    with pytest.raises(DirectoryError, match=r"does not answer: .*Connection refused") as told:
        matches(settings, away)
    assert "hunter2" not in str(told.value)


def test_the_settings_say_where_the_directory_is(make_settings: Callable[..., Settings], place: Place):
    """Unset, it is where it was."""
    url = "postgresql://mailstead:hunter2@db.example.org/mailstead"

    assert at(make_settings(directory_url=url), place) == replace(place, url=url)
    assert at(make_settings(), place) == place


def test_another_place_for_the_directory_is_noticed(make_settings: Callable[..., Settings]):
    """Its state may have the same number by chance. A new password for the same place changes nothing."""
    here, there, again = (make_settings(directory_url=f"postgresql://m:{rest}/m") for rest in ("a@x.org", "a@y.org", "b@x.org"))

    assert len({site(make_settings()), site(here), site(there)}) == 3
    assert site(here) == site(again)


def test_the_site_is_the_same_for_the_same_settings(make_settings: Callable[..., Settings]):
    """From one start to the next: 16 signs, no more than the settings say."""
    one, same = (make_settings(domains="example.org") for _ in range(2))

    assert site(one) == site(same)
    assert len(site(one)) == 16


def test_asking_imports_no_sqlalchemy():
    """Its import alone takes longer than the rest of a start."""
    asking = "import sys, mailstead.directory, mailstead.cli.directory; sys.exit('sqlalchemy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", asking], env={"PYTHONPATH": ":".join(sys.path)}, check=False).returncode == 0


def test_the_place_is_the_containers_unless_told():
    """The volumes of compose.yaml."""
    assert (HERE.url, str(HERE.projection), str(HERE.mail)) == (
        "sqlite:////var/lib/mailstead/directory.sqlite",
        "/var/lib/mailstead/projection",
        "/var/mail",
    )
