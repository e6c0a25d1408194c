"""Room in a PostgreSQL server for a test's directory, quicker to make than a database of its own."""

import itertools
import os
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

import psycopg

_numbers = itertools.count(1)


@contextmanager
def new(server: str) -> Iterator[str]:
    """Yield a URL where all tables go to a schema that is made empty, and gone afterwards; `server` has no parameters."""
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA {name}")
        parameters = f"sslmode=disable&application_name={name}&options=" + quote(f"-c search_path={name}")
        yield urlsplit(server)._replace(query=parameters).geturl()
        # What a test has left open would keep the schema for ever.
        connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s", [name])
        connection.execute(f"DROP SCHEMA {name} CASCADE")
