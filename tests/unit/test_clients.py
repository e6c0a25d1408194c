"""Which clients come, by Postfix's lines."""

import subprocess
import sys
from pathlib import Path

import pytest

from mailstead.clients import Clients, read

REPOSITORY = Path(__file__).parents[2]
HEAD = b"Nov 24 06:25:03 mail postfix/smtpd[131]: "


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where they are written."""
    return tmp_path / "run" / "clients"


@pytest.mark.parametrize(
    ("line", "address"),
    [
        (b"connect from unknown[192.0.2.1]", "192.0.2.1"),
        (b"connect from mx.example.org[2001:db8::1]", "2001:db8::1"),
        (b"CONNECT from [192.0.2.1]:4711 to [172.18.0.2]:25", "192.0.2.1"),
    ],
)
def test_who_connects_is_counted(place: Path, line: bytes, address: str):
    """At Postfix's smtpd, and at its postscreen."""
    Clients(place).hear(HEAD + line, now=0)

    assert read(place) == {address: 1}


@pytest.mark.parametrize(
    "line",
    [
        b"disconnect from unknown[192.0.2.1] ehlo=1",
        b"connect from localhost[127.0.0.1]",
        b"connect from localhost[::1]",
        b"lost connection after CONNECT from unknown[192.0.2.1]",
        b"warning: connect from nowhere",
        b"3293C1AC0B0: message-id=<a connect from x[192.0.2.1]>",
    ],
)
def test_other_lines_count_for_nothing(place: Path, line: bytes):
    """Nor does this container itself."""
    Clients(place).hear(HEAD + line, now=0)

    assert not place.exists()
    assert read(place) == {}


def test_the_disk_is_written_once_a_minute(place: Path):
    """However many come; the next writing has them all."""
    clients = Clients(place)
    for second in (0, 1, 2, 61):
        clients.hear(HEAD + b"connect from unknown[192.0.2.%d]" % (second % 3), now=second)

    assert read(place) == {"192.0.2.0": 1, "192.0.2.2": 1, "192.0.2.1": 2}


def test_only_the_newest_are_kept(place: Path):
    """Fifty of them: the memory of the keeper is small, and nobody's coming is kept for long."""
    clients = Clients(place)
    for number in range(200):
        clients.hear(HEAD + b"connect from unknown[192.0.2.%d]" % number, now=number * 61)

    assert list(read(place)) == [f"192.0.2.{number}" for number in range(150, 200)]


@pytest.mark.parametrize("module", ["clients", "rounds", "probe"])
def test_the_keeper_reads_with_the_standard_library(module: str):
    """It stays in memory, with all that it imports."""
    program = f"import sys; import mailstead.{module}; print(*sys.modules)"
    entrypoint = REPOSITORY / "entrypoint"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=entrypoint, capture_output=True, text=True, check=True).stdout

    heavy = {"sqlalchemy", "dns", "jinja2", "cryptography", "ssl", "yaml"}
    assert not {name.partition(".")[0] for name in loaded.split()} & heavy
