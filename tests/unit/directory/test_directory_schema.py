"""The schema: made at once or by migrations, and never taken for another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Engine, inspect, text

from mailstead.directory import HEAD, DirectoryError, Place, schema, snapshot


def described(engine: Engine) -> dict[str, object]:
    """Return all that a database says about its tables: columns, keys and their names."""
    look = inspect(engine)
    return {
        table: (
            [column | {"type": str(column["type"])} for column in look.get_columns(table)],
            look.get_pk_constraint(table),
            look.get_unique_constraints(table),
            look.get_foreign_keys(table),
            look.get_indexes(table),
        )
        for table in look.get_table_names()
    }


def test_migrations_make_the_schema_the_code_describes(make_url: Callable[[str], str]):
    """Alembic finds nothing to add to a database that only migrations have made."""
    engine = schema.open(make_url("migrated"))
    schema.migrate(engine)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), schema.metadata) == []


def test_a_new_database_is_the_same_as_a_migrated_one(make_url: Callable[[str], str]):
    """It is made without history, quicker; its tables, its first rows and its revision are those of the migrations."""
    new, migrated = (schema.open(make_url(name)) for name in ("new", "migrated"))
    schema.upgrade(new)
    schema.migrate(migrated)

    assert described(new) == described(migrated)
    for table in ("meta", "alembic_version"):
        rows = [engine.connect().execute(text(f"SELECT * FROM {table}")).all() for engine in (new, migrated)]
        assert rows[0] == rows[1]


def test_head_is_the_newest_migration():
    """Their names count upwards, which is how an older database is told from a newer one."""
    versions = Path(schema.__file__).parent / "migrations" / "versions"

    assert max(file.name.partition("_")[0] for file in versions.glob("[0-9]*.py")) == HEAD


def test_a_database_is_upgraded_once(place: Place):
    """The second time there is nothing to do."""
    engine = schema.open(place.url)
    schema.upgrade(engine)
    before = described(engine)
    schema.upgrade(engine)

    assert described(engine) == before


def test_an_older_database_is_migrated(place: Place):
    """Here one from before the first migration: Alembic's table is there, and empty."""
    engine = schema.open(place.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL PRIMARY KEY)"))
    schema.upgrade(engine)

    with engine.connect() as connection:
        assert snapshot.read(connection).counter == 0
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == HEAD


def test_a_database_of_the_first_schema_keeps_what_it_has(place: Place):
    """What has come since then is there, and empty."""
    engine = schema.open(place.url)
    schema.migrate(engine, "0001")
    with engine.begin() as connection:
        connection.execute(text("INSERT INTO domains (name, receives) VALUES ('example.org', true)"))
    schema.upgrade(engine)

    with engine.connect() as connection:
        now = snapshot.read(connection)
    assert [one.name for one in now.domains] == ["example.org"]
    assert now.relays == ()


def test_a_newer_database_is_refused_and_left_alone(place: Place):
    """Its writer knows what this version does not."""
    engine = schema.open(place.url)
    schema.upgrade(engine)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    before = described(engine)

    with pytest.raises(DirectoryError, match=r"written by a newer Mailstead \(schema 9999; this one knows"):
        schema.upgrade(engine)
    assert described(engine) == before


def test_the_database_of_another_program_is_refused(place: Place):
    """Nothing is added to it."""
    engine = schema.open(place.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE recipes (name TEXT)"))

    with pytest.raises(DirectoryError, match="not Mailstead's"):
        schema.upgrade(engine)
    assert list(described(engine)) == ["recipes"]


@pytest.mark.sqlite
def test_nobody_else_reads_the_database(place: Place, tmp_path: Path):
    """It holds the hash of every password."""
    schema.open(place.url)

    assert (tmp_path / "state" / "directory.sqlite").stat().st_mode & 0o777 == 0o600


@pytest.mark.sqlite
def test_a_commit_waits_for_the_disk(place: Place):
    """EXTRA (3) is what makes a commit of SQLite's default journal survive a power cut; foreign keys are held."""
    with schema.open(place.url).connect() as connection:
        settings = {name: connection.scalar(text(f"PRAGMA {name}")) for name in ("synchronous", "journal_mode", "foreign_keys")}

    assert settings == {"synchronous": 3, "journal_mode": "delete", "foreign_keys": 1}


def test_a_transaction_holds_reads_and_tables_too(place: Place):
    """A migration that fails half way leaves nothing behind."""
    engine = schema.open(place.url)
    with engine.connect() as connection:
        connection.execute(text("CREATE TABLE half (name TEXT)"))
        connection.rollback()

    assert inspect(engine).get_table_names() == []
