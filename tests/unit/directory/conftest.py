"""A directory of a test's own: real SQLite in a folder that goes with the test, or with --postgresql a database there."""

import io
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailstead.directory import Place, accounts, audit, change, domains, schema, snapshot
from mailstead.settings import Settings
from support import databases, typed
from support.typed import Said

HASH = "$y$j9T$K3rZ0bP1c0V2fC1g1n4cZ/$2t1b0o8b7a8uQkqfR3m1b3H1d7E0bq9p2m0Yd7o0A/5"


@pytest.fixture
def make_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """Make the URL of a database in which there is nothing yet: make_url("other")."""
    server = request.config.getoption("--postgresql")
    if not server or request.node.get_closest_marker("sqlite"):
        yield lambda name: f"sqlite:///{tmp_path}/state/{name}.sqlite"
        return
    with ExitStack() as living:
        yield lambda name: living.enter_context(databases.new(server))


@pytest.fixture
def place(make_url: Callable[[str], str], tmp_path: Path) -> Place:
    """Where a test's directory, projection and mail are; its files belong to whoever runs the tests."""
    return Place(
        url=make_url("directory"),
        projection=tmp_path / "state" / "projection",
        mail=tmp_path / "mail",
        seen=tmp_path / "state" / "seen",
        declared=tmp_path / "accounts.yaml",
        owned=False,
        read=False,
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


@pytest.fixture
def mailstead(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., Said]:
    """Type a command: mailstead("account", "list"); `typed_in` is what comes from standard input, no terminal."""
    monkeypatch.setenv("MAIL_HOSTNAME", "mail.example.org")
    monkeypatch.setenv("MAIL_DOMAINS", "example.org example.net")

    def run(*words: str, typed_in: bytes = b"") -> Said:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed_in)))
        status = typed.run(place, words)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    run("domain", "add", "example.org")
    return run


@pytest.fixture
def terminal(mailstead: Callable[..., Said], place: Place) -> Callable[..., Said]:
    """Type a command at a terminal, and an answer to each question: terminal("account", "passwd", "a@b.c", answers=[...])."""
    return lambda *words, answers: typed.at_terminal(place, words, answers)


@pytest.fixture
def stored(place: Place) -> Callable[[], snapshot.Snapshot]:
    """What the directory holds now."""

    def read() -> snapshot.Snapshot:
        with change.reading(place) as connection:
            return snapshot.read(connection)

    return read
