"""`mailstead import dms`: all or nothing, the same twice, and nothing at all with --dry-run."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from mailstead.directory import Place, passwords
from support.typed import Said

HERE = Path(__file__).parent


@pytest.fixture
def dms(tmp_path: Path) -> Path:
    """A config directory of two people."""
    folder = tmp_path / "dms"
    folder.mkdir()
    people = {"alice@example.com": "$6$saltsalt", "bob@example.com": "$5$saltsalt"}
    hashes = [f"{one}|{{CRYPT}}{passwords.crypt('the old password', salt)}\n" for one, salt in people.items()]
    (folder / "postfix-accounts.cf").write_text("".join(hashes))
    virtual = "info@example.com alice@example.com,bob@example.com\n@example.com bob@example.com\n"
    (folder / "postfix-virtual.cf").write_text(virtual)
    (folder / "postfix-regexp.cf").write_text("/^shop-[0-9]+@example\\.com$/ alice@example.com\n")
    (folder / "dovecot-quotas.cf").write_text("alice@example.com:2G\n")
    (folder / "alice@example.com.dovecot.sieve").write_text("keep;\n")
    (folder / "postfix-relaymap.cf").write_text("@example.com [relay.example.net]:587\n")
    (folder / "postsrsd.secret").write_text("secret\n")
    return folder


def everything(place: Place) -> dict[str, tuple[bytes, int]]:
    """Return all files of the state and the mail: what they hold, and when they were written."""
    files = [path for path in place.mail.parent.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def test_what_another_server_had_is_here(mailstead: Callable[..., Said], place: Place, dms: Path, stored):
    """Accounts with their hashes, aliases, catch-all, expression, quota, script; and what is kept."""
    said = mailstead("import", "dms", str(dms))
    now = stored()
    alice = next(one for one in now.accounts if one.address == "alice@example.com")

    assert said.status == 0, said.out
    assert passwords.crypt("the old password", alice.password_hash) == alice.password_hash
    assert (alice.quota, alice.must_change) == (2 * 2**30, False)
    assert now.aliases["info@example.com"] == ("alice@example.com", "bob@example.com")
    assert next(one.catch_all for one in now.domains if one.name == "example.com") == "bob@example.com"
    assert now.patterns[0].pattern == "shop-[0-9]+"
    assert [(one.domain, one.host) for one in now.relays] == [("example.com", "relay.example.net")]
    assert (place.mail / "example.com" / "alice" / ".dovecot.sieve").read_text() == "keep;\n"
    kept = place.projection.parent / "imported" / "postsrsd.secret"
    assert (kept.stat().st_mode & 0o777, kept.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert "+ account alice@example.com" in said.out


def test_a_dry_run_writes_nothing(mailstead: Callable[..., Said], place: Place, dms: Path):
    """It says what would change, and the status is that of the report."""
    before = everything(place)
    said = mailstead("import", "dms", str(dms), "--env", str(HERE / "mailserver.env"), "--dry-run")

    assert everything(place) == before
    assert said.status == 1
    assert "What would change in the directory (nothing was written):" in said.out
    assert "+ account alice@example.com" in said.out
    assert "For your .env:\n\nMAIL_DOMAINS=example.com" not in said.out
    assert "MAIL_HOSTNAME=mail.example.org\n" in said.out


def test_a_dry_run_makes_no_directory_either(mailstead: Callable[..., Said], place: Place, dms: Path):
    """Where there is none yet, before the first start."""
    shutil.rmtree(place.projection.parent)
    said = mailstead("import", "dms", str(dms), "--dry-run")

    assert said.status == 0
    assert "+ account alice@example.com" in said.out
    assert not place.projection.parent.exists()


def test_a_dry_run_is_held_against_the_directory_there_is(mailstead: Callable[..., Said], dms: Path):
    """What is here already would not change."""
    mailstead("import", "dms", str(dms))
    said = mailstead("import", "dms", str(dms), "--dry-run")

    assert "What would change in the directory (nothing was written):\n  nothing\n" in said.out


def test_importing_twice_changes_nothing(mailstead: Callable[..., Said], place: Place, dms: Path):
    """Not one file is written again."""
    (dms / "postfix-accounts.cf").open("a").write("carol@example.com|{PLAIN}x\n")
    mailstead("import", "dms", str(dms))
    before = everything(place)
    said = mailstead("import", "dms", str(dms))

    assert said.status == 0
    assert "What changed in the directory:\n  nothing\n" in said.out
    assert everything(place) == before


def test_a_tree_that_cannot_be_made_leaves_nothing(mailstead: Callable[..., Said], place: Place, dms: Path, stored):
    """Here a limit of the domain, which only the whole import breaks."""
    mailstead("domain", "add", "example.com")
    mailstead("domain", "limit", "example.com", "--accounts", "1")
    before = everything(place)
    said = mailstead("import", "dms", str(dms))

    assert said.status == 1
    assert "example.com" in said.err
    assert everything(place) == before


def test_the_report_as_json_is_one_value(mailstead: Callable[..., Said], dms: Path):
    """With every line, the changes, and the lines for .env."""
    (dms / "postfix-receive-access.cf").write_text("bob@example.com REJECT\n")
    said = mailstead("import", "dms", str(dms), "--json")
    facts = json.loads(said.out)

    assert said.status == 1
    assert [(one["file"], one["line"]) for one in facts["report"] if one["outcome"] == "left out"] == [
        ("postfix-receive-access.cf", 1)
    ]
    assert "+ domain example.com: catch_all bob@example.com" in facts["changes"]
    assert facts["env"] == ["MAIL_DOMAINS=example.com"]


def test_the_mail_comes_along(mailstead: Callable[..., Said], place: Place, dms: Path):
    """Once the account is there, its mail is."""
    theirs = place.mail / "example.com" / "alice"
    (theirs / "cur").mkdir(parents=True)
    (theirs / "cur" / "1.old:2,S").write_text("Subject: Old\n\n")
    said = mailstead("import", "dms", str(dms), "--mail", str(place.mail))

    assert said.status == 0
    assert (theirs / "Maildir" / "cur" / "1.old:2,S").exists()


def test_maildirs_are_not_moved_where_none_would_be_read(mailstead: Callable[..., Said], place: Place, dms: Path, monkeypatch):
    """Nobody's mail vanishes from sight."""
    monkeypatch.setenv("MAIL_MAILBOX_FORMAT", "sdbox")
    said = mailstead("import", "dms", str(dms), "--mail", str(place.mail))

    assert (said.status, said.err) == (1, "only Maildirs are moved, and MAIL_MAILBOX_FORMAT is sdbox; nothing was imported\n")


def test_nothing_is_imported_where_the_people_are_a_directory_servers(
    mailstead: Callable[..., Said], place: Place, dms: Path, monkeypatch: pytest.MonkeyPatch
):
    """What is only read from there would be gone with the next reading; nor is any file put down."""
    server = "ldap://ldap.example.org/dc=example,dc=org"
    monkeypatch.setenv("MAIL_DIRECTORY_URL", server)
    said = mailstead("import", "dms", str(dms))

    assert (said.status, said.err) == (1, f"domains, accounts, aliases and groups are read from {server}; change them there\n")
    assert not (place.projection.parent / "imported").exists()


def test_an_env_file_alone_is_translated(mailstead: Callable[..., Said]):
    """Before there is anything else."""
    said = mailstead("import", "dms", "--env", str(HERE / "mailserver.env"))

    assert said.status == 1
    assert "MAIL_RELAY_HOST=smtp.example.com\n" in said.out


@pytest.mark.parametrize("words", [["nowhere"], ["--env", "nowhere"], ["."], []])
def test_what_is_not_there_is_said(mailstead: Callable[..., Said], words: list[str], tmp_path, monkeypatch):
    """In a sentence; without any source it is a usage error."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir(exist_ok=True)
    said = mailstead("import", "dms", *words)

    assert said.status == (1 if words else 2)
    assert len(said.err.splitlines()) == 1
