"""What the unit tests share: settings from a few words, and two switches: for the golden trees, for the directory's database."""

from collections.abc import Callable

import pytest

from mailstead import memory
from mailstead.settings import Settings


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --update-golden, and --postgresql for tests/unit/directory (tests/stack/test_directory_in_postgresql.py)."""
    parser.addoption("--update-golden", action="store_true", help="write the golden trees as they are rendered now")
    parser.addoption("--postgresql", metavar="URL", help="run the directory's tests in new databases of this server")


@pytest.fixture(autouse=True)
def _large(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a small machine, too, what is rendered is what a large one has."""
    monkeypatch.setattr(memory, "whole", lambda: 2**36)


@pytest.fixture
def make_settings() -> Callable[..., Settings]:
    """Make settings as an env file would: make_settings(relay_host="smtp.example.com", relay_port="465")."""

    def make(postfix: dict[str, str] | None = None, **fields: str) -> Settings:
        own = {f"POSTFIX_{name}": value for name, value in (postfix or {}).items()}
        return Settings.read({f"MAIL_{name.upper()}": value for name, value in fields.items()} | own)

    return make
