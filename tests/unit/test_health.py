"""Health: one line per part, and no probe can hide its trouble."""

import json
import struct
import types
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailstead import directory, health, room
from mailstead.certs import Certificate
from mailstead.cli import main
from mailstead.services import Finding
from mailstead.settings import Settings


def part(name: str, probe: Callable[[], Finding]) -> types.SimpleNamespace:
    """Return a part as far as health sees it."""
    return types.SimpleNamespace(NAME=name, probe=probe)


def raising(error: Exception) -> Callable[[], Finding]:
    """Return a probe that ends with an error."""

    def probe() -> Finding:
        raise error

    return probe


@pytest.fixture
def rooms(monkeypatch: pytest.MonkeyPatch) -> list[types.SimpleNamespace]:
    """The rooms health asks; empty until a test puts some in. The directory is current."""
    asked: list[types.SimpleNamespace] = []
    monkeypatch.setattr(health, "rooms", lambda settings: asked)
    monkeypatch.setattr(directory, "matches", lambda settings, place: True)
    monkeypatch.setattr(health, "_certificate", lambda settings: Finding("certificate", True, "good"))
    monkeypatch.setattr(room, "full", lambda settings: [])
    return asked


@pytest.mark.parametrize(
    "error",
    [ConnectionRefusedError("refused"), TimeoutError("timed out"), struct.error("short"), IndexError("empty"), UnicodeError("x")],
    ids=lambda error: type(error).__name__,
)
def test_a_probe_that_raises_is_a_red_line(rooms: list, make_settings: Callable[..., Settings], error: Exception):
    """Whatever it raises: an answer cut short is as ill as none; and the others are still asked."""
    rooms += [part("one", raising(error)), part("two", lambda: Finding("two", True, "answers"))]
    one, two, *_ = health.examine(make_settings())

    assert (one.name, one.ok) == ("one", False)
    assert f"does not answer: {error}" in one.said
    assert two.ok


def test_all_well_is_status_0_and_a_line_each(rooms: list, capsys: pytest.CaptureFixture[str]):
    """As the image's HEALTHCHECK sees it."""
    rooms.append(part("one", lambda: Finding("one", True, "answers")))

    assert main(["health"]) == 0
    assert capsys.readouterr().out == (
        "well one         answers\n"
        "well directory   the daemons' tables are current\n"
        "well dkim        no domain to sign for yet\n"
        "well certificate good\n"
        "well disks       there is room on all of them\n"
    )


def test_one_ill_part_is_status_1(rooms: list, capsys: pytest.CaptureFixture[str]):
    """In a list for programs, too."""
    rooms.append(part("one", raising(OSError("gone"))))

    assert main(["health", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)[0] == {"name": "one", "ok": False, "said": "does not answer: gone"}


def test_waiting_ends_as_soon_as_all_is_well(rooms: list, make_settings: Callable[..., Settings]):
    """The third time the probe is well."""
    answers = iter([False, False, True])
    rooms.append(part("one", lambda: Finding("one", next(answers), "")))

    assert all(finding.ok for finding in health.wait(make_settings(), 10))


def test_waiting_ends_with_its_time(rooms: list, make_settings: Callable[..., Settings]):
    """With what was found last."""
    rooms.append(part("one", raising(OSError("gone"))))

    assert [finding.ok for finding in health.wait(make_settings(), 0.1)] == [False, True, True, True, True]


def test_tables_that_are_not_current_are_ill(monkeypatch: pytest.MonkeyPatch, make_settings: Callable[..., Settings]):
    """Without a directory there are none."""
    monkeypatch.setattr(health, "rooms", lambda settings: [])
    monkeypatch.setattr(room, "full", lambda settings: [])

    assert health.examine(make_settings())[0] == Finding("directory", False, "the daemons' tables are not current yet")


@pytest.mark.parametrize(
    ("free", "files", "said"),
    [(75, 17, None), (74, 17, "74 MiB of 100 MiB free"), (75, 15, "15 of 200 files left")],
)
def test_a_disk_lacks_bytes_or_files(monkeypatch: pytest.MonkeyPatch, free: int, files: int, said: str | None):
    """What people who are not root may still use is what counts."""
    found = types.SimpleNamespace(f_frsize=2**20, f_blocks=100, f_bavail=free, f_files=200, f_favail=files)
    monkeypatch.setattr(room.os, "statvfs", lambda place: found)

    assert room.lacking(Path("/var/mail"), 75 * 2**20) == said


NOW = datetime(2026, 11, 24, tzinfo=UTC)
DAY = 86400


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, None),
        ({"left": 9 * DAY + 1}, None),
        ({"left": 8 * DAY}, "it ends on 2026-12-02 00:00 UTC"),
        ({"life": 6 * DAY, "left": DAY}, None),
        ({"life": 6 * DAY, "left": DAY // 2}, "it ends on 2026-11-24 12:00 UTC"),
        ({"left": -1}, "not valid for mail.example.test now: it is for mail.example.test, 2026-08-25 to 2026-11-23"),
        ({"names": ("a.test",)}, "not valid for mail.example.test now: it is for a.test, 2026-09-25 to 2026-12-24"),
        ({"source": "self-signed"}, "self-signed until the one that MAIL_TLS=files asks for is there"),
        ({"trouble": "the file is torn"}, "the file is torn"),
    ],
)
def test_what_is_wrong_with_a_certificate_is_said(make_settings: Callable[..., Settings], facts: dict, said: str | None):
    """By its share of life, so that one of six days is not ill from its first; and in the words of whoever looked after it."""
    settings = make_settings(hostname="mail.example.test", tls="files")

    assert health.certificate_trouble(settings, certificate(**facts), NOW) == said


def certificate(*, life: int = 90 * DAY, left: int = 30 * DAY, **facts: object) -> Certificate:
    """Return a note with a life and what is left of it, in seconds."""
    end = int(NOW.timestamp()) + left
    usual = {"names": ("mail.example.test",), "issuer": "", "serial": "01", "source": "files", "digest": "", "spki_sha256": ""}
    return Certificate(**{**usual, "not_before": end - life, "not_after": end, **facts})
