"""A directory of a test's own: real SQLite in a folder that goes with the test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailstead.directory import Place, accounts, audit, domains, schema
from mailstead.settings import Settings

HASH = "$y$j9T$K3rZ0bP1c0V2fC1g1n4cZ/$2t1b0o8b7a8uQkqfR3m1b3H1d7E0bq9p2m0Yd7o0A/5"


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Where a test's directory, projection and mail are; its files belong to whoever runs the tests."""
    return Place(
        url=f"sqlite:///{tmp_path}/state/directory.sqlite",
        projection=tmp_path / "state" / "projection",
        mail=tmp_path / "mail",
        owned=False,
    )


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """The settings of mail.example.org, for two domains; postmaster@example.org is its postmaster."""
    return make_settings(hostname="mail.example.org", domains="example.org example.net")


@pytest.fixture
def connection(place: Place) -> Iterator[Connection]:
    """A directory with the domains example.org and example.net, and alice@example.org and bob@example.org in it."""
    engine = schema.open(place.url)
    schema.upgrade(engine)
    with engine.execution_options(actor=audit.Actor("tester", "test")).begin() as opened:
        for name in ("example.org", "example.net"):
            domains.add(opened, name)
        for address in ("alice@example.org", "bob@example.org"):
            accounts.add(opened, address, HASH)
        yield opened
    engine.dispose()
