"""What makes PostgreSQL itself count and tell each change of the directory, whoever makes it: psql, another program, we.

A transaction counts once: the first statement that writes what a projection shows raises the counter, and so waits in line
for whoever has raised it and is not done yet; raising the counter tells all who listen, when it is committed.
"""

from collections.abc import Sequence

from sqlalchemy import Connection

from . import TOLD

COUNTED = (
    "domains", "accounts", "senders", "former_addresses", "app_passwords", "aliases", "patterns", "groups", "members", "relays",
)
"""The tables a projection is made from (snapshot.py)."""

# The counter's row says which transaction has raised it by a setting of that transaction, not in the table.
_FUNCTIONS = (
    """
    CREATE OR REPLACE FUNCTION mailstead_count() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
    BEGIN
        IF current_setting('mailstead.counted', true) IS DISTINCT FROM CAST(pg_current_xact_id() AS text) THEN
            UPDATE meta SET value = CAST(CAST(value AS integer) + 1 AS text) WHERE key = 'counter';
        END IF;
        RETURN NULL;
    END $$
    """,
    f"""
    CREATE OR REPLACE FUNCTION mailstead_tell() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM set_config('mailstead.counted', CAST(pg_current_xact_id() AS text), true);
        PERFORM pg_notify('{TOLD}', '');
        RETURN NULL;
    END $$
    """,
)


def make(connection: Connection, tables: Sequence[str] = COUNTED) -> None:
    """Make the functions and the triggers of a new directory that has these tables, where the database is PostgreSQL."""
    if connection.dialect.name != "postgresql":
        return
    told = "CREATE TRIGGER mailstead_tell AFTER INSERT OR UPDATE OR DELETE ON meta EXECUTE FUNCTION mailstead_tell()"
    for statement in (*_FUNCTIONS, told):
        connection.exec_driver_sql(statement)
    count(connection, tables)


def count(connection: Connection, tables: Sequence[str]) -> None:
    """Make the triggers of tables that have come to a directory, where the database is PostgreSQL."""
    if connection.dialect.name == "postgresql":
        for table in tables:
            connection.exec_driver_sql(_counting(table))


def _counting(table: str) -> str:
    # Before the statement has locked any row: two writers wait for one another at the counter, and nowhere else.
    return (
        f"CREATE TRIGGER mailstead_count BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
        "EXECUTE FUNCTION mailstead_count()"
    )
