"""The room of Dovecot: what it clears away after a crash, and the moment it is reloaded in."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from mailstead.services import dovecot
from mailstead.services.dovecot.reload import somebody_signs_in
from mailstead.settings import Settings

LEFT = ["Maildir/dovecot-uidlist.lock", "Maildir/Work/dovecot-uidlist.lock", ".dovecot.lda-dupes.lock"]
MAIL = ["Maildir/cur/1700000000.M1P1.host:2,S", "Maildir/new/1700000001.lock", "Maildir/dovecot-uidlist", "sieve/my.sieve"]


@pytest.fixture(params=["example.org/alice", "example.org/new", "example.org/tmp"])
def home(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An account's home after a crash; an account may well be called `new`."""
    monkeypatch.setattr(dovecot, "MAIL", tmp_path)
    monkeypatch.setattr(dovecot.nearly_full, "note", lambda *_: None)
    for name in LEFT + MAIL:
        place = tmp_path / request.param / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.touch()
    for name in ("cur", "new", "tmp"):
        (tmp_path / request.param / "Maildir" / name).mkdir(exist_ok=True)
    return tmp_path / request.param


def files(home: Path) -> set[str]:
    """Return the files of a home."""
    return {str(place.relative_to(home)) for place in home.rglob("*") if place.is_file()}


def test_after_a_crash_the_locks_of_the_dead_are_removed(home: Path, make_settings: Callable[..., Settings]):
    """And nothing but them: a message may end in .lock too."""
    dovecot.before_start(make_settings(), after_crash=True)

    assert files(home) == set(MAIL)


def test_after_an_orderly_stop_nothing_is_searched(home: Path, make_settings: Callable[..., Settings]):
    """A large store would take long to walk through."""
    dovecot.before_start(make_settings(), after_crash=False)

    assert files(home) == set(MAIL + LEFT)


def test_after_a_crash_a_search_index_that_may_be_torn_is_removed(home: Path, make_settings: Callable[..., Settings]):
    """Of each folder what was written last of all; the whole of one where that is not the part with the latest letters."""
    crash = 1_800_000_000
    ages = {"current.1": 10, "index.1": 900, "Work/current.1": 20, "Work/index.1": 60, "Old/current.1": 900}
    for name, age in ages.items():
        folder, _, base = name.rpartition("/")
        part = home / "Maildir" / folder / "fts-flatcurve" / base / "termlist.glass"
        part.parent.mkdir(parents=True)
        part.touch()
        os.utime(part, (crash - age, crash - age))

    dovecot.before_start(make_settings(), after_crash=True)

    left = {f"Maildir/{name}/termlist.glass" for name in ("fts-flatcurve/index.1", "Old/fts-flatcurve/current.1")}
    assert files(home) == {*MAIL, *left}


@pytest.mark.parametrize(("mebibytes", "readers"), [(64, 30), (256, 37), (1024, 149), (16384, 500)])
def test_as_many_may_read_as_there_is_memory_for(mebibytes: int, readers: int):
    """Half of it; never so few that a family is turned away, never more processes than the container may have."""
    assert dovecot.room(mebibytes * 2**20) == {"imap": readers, "pop3": min(readers, 100)}


@pytest.mark.parametrize(("form", "path"), [("maildir", "~/Maildir"), ("sdbox", "~/sdbox"), ("mbox", "~/mail")])
def test_each_format_has_a_place_of_its_own(form: str, path: str):
    """So that a change back finds what was there."""
    assert dovecot.mail_path(form) == path


def title(place: Path, pid: int, *words: str) -> None:
    """Leave a process's command line as proc(5) shows it."""
    (place / str(pid)).mkdir()
    (place / str(pid) / "cmdline").write_bytes(b"".join(word.encode() + b"\0" for word in words))


@pytest.mark.parametrize(
    ("words", "signing_in"),
    [
        (("dovecot/imap-login [192.0.2.1 pre-login]",), True),
        (("dovecot/managesieve-login",), True),
        (("/usr/sbin/dovecot", "-F"), True),
        (("dovecot/imap-login [192.0.2.1 TLS proxy]",), False),
        (("dovecot/imap [alice@example.org 192.0.2.1 IDLE]",), False),
        ((), False),
    ],
)
def test_who_is_just_signing_in_is_seen(tmp_path: Path, words: tuple[str, ...], signing_in: bool):
    """On the way from the connection to the mailbox, and also while the process for him is being made."""
    title(tmp_path, 15, "/usr/sbin/dovecot", "-F")
    title(tmp_path, 16, *words)

    settled = {"15"}
    assert somebody_signs_in(tmp_path, settled) is signing_in
    assert ("16" in settled) is not signing_in
