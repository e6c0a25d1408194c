"""The verbs of the directory, as they are typed."""

import argparse
import io
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from mailstead.cli import directory as verbs
from mailstead.declare import SettingsError
from mailstead.directory import Place, change, passwords, snapshot


@dataclass(frozen=True)
class Said:
    """How a verb ended and what it said."""

    status: int
    out: str
    err: str

    @property
    def facts(self) -> dict | list:
        """The one JSON value it printed."""
        return json.loads(self.out)


@pytest.fixture
def mailstead(place: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> Callable[..., Said]:
    """Type a command: mailstead("account", "list"); `typed` is what comes from standard input, no terminal."""
    monkeypatch.setenv("MAIL_HOSTNAME", "mail.example.org")
    monkeypatch.setenv("MAIL_DOMAINS", "example.org example.net")

    def run(*words: str, typed: bytes = b"") -> Said:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(typed)))
        parser = argparse.ArgumentParser(prog="mailstead")
        verbs.register(parser.add_subparsers(required=True), place)
        arguments = parser.parse_args(words)
        status = arguments.run(arguments)
        captured = capsys.readouterr()
        return Said(status, captured.out, captured.err)

    run("domain", "add", "example.org")
    return run


@pytest.fixture
def stored(place: Place) -> Callable[[], snapshot.Snapshot]:
    """What the directory holds now."""

    def read() -> snapshot.Snapshot:
        with change.reading(place) as connection:
            return snapshot.read(connection)

    return read


def test_an_account_without_a_password_gets_one_that_is_shown(mailstead: Callable[..., Said], stored: Callable):
    """Once, on standard output; it is the one that works."""
    said = mailstead("account", "add", "Alice@example.org")

    (alice,) = stored().accounts
    password = said.out.split()[-1]
    assert said.out.startswith("alice@example.org is made\nits password, shown this once: ")
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash
    assert alice.typed == "Alice@example.org"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\nnot the password\n"])
def test_a_password_from_standard_input_is_its_first_line(mailstead: Callable[..., Said], stored: Callable, end: bytes):
    """Only the line's end is taken off: blanks belong to the password. It is not shown again."""
    password = '  p"a$s:w%örd\\  '
    said = mailstead("account", "add", "alice@example.org", "--password-stdin", "--json", typed=password.encode() + end)

    (alice,) = stored().accounts
    assert said.facts == {"address": "alice@example.org"}
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash


@pytest.mark.parametrize(
    ("typed", "why"), [(b"", "empty"), (b"\n", "empty"), (b"a\tb\n", "tab"), (b"a\rb\n", "control"), (b"\xff\n", "UTF-8")]
)
def test_a_password_that_cannot_be_is_refused_and_nothing_made(
    mailstead: Callable[..., Said], stored: Callable, typed: bytes, why: str
):
    """With a sentence on standard error."""
    said = mailstead("account", "add", "alice@example.org", "--password-stdin", typed=typed)

    assert (said.status, said.out) == (1, "")
    assert why in said.err
    assert said.err.endswith("nothing was changed\n")
    assert stored().accounts == ()


PROGRAM = """
import argparse, pathlib, sys
from mailstead.cli import directory
from mailstead.directory import Place

url, projection, mail, *words = sys.argv[1:]
parser = argparse.ArgumentParser(prog="mailstead")
place = Place(url=url, projection=pathlib.Path(projection), mail=pathlib.Path(mail), owned=False)
directory.register(parser.add_subparsers(required=True), place)
arguments = parser.parse_args(words)
sys.exit(arguments.run(arguments))
"""


@pytest.fixture
def terminal(mailstead: Callable[..., Said], place: Place) -> Callable[..., Said]:
    """Type a command at a terminal, and an answer to each question: terminal("account", "passwd", "a@b.c", answers=[...])."""

    def run(*words: str, answers: list[tuple[str, str]]) -> Said:
        ours, theirs = pty.openpty()
        command = [sys.executable, "-c", PROGRAM, place.url, str(place.projection), str(place.mail), *words]
        environ = os.environ | {"PYTHONPATH": ":".join(sys.path)}
        process = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, env=environ, start_new_session=True)
        os.close(theirs)
        shown = "".join(_until(ours, question) + _type(ours, answer) for question, answer in answers) + _until(ours, None)
        os.close(ours)
        return Said(process.wait(30), shown, "")

    return run


def _until(terminal: int, question: str | None) -> str:
    # What is shown until a question stands there, or the program is gone.
    shown = b""
    while question is None or question.encode() not in shown:
        try:
            shown += os.read(terminal, 1000)
        except OSError:
            break
    return shown.decode().replace("\r\n", "\n")


def _type(terminal: int, answer: str) -> str:
    os.write(terminal, f"{answer}\n".encode())
    return ""


def test_a_password_is_asked_for_twice_at_a_terminal(terminal: Callable[..., Said], stored: Callable):
    """And is not shown while it is typed."""
    answers = [("Password for alice", "plain wörds"), ("Once more", "plain wörds")]
    said = terminal("account", "add", "alice@example.org", answers=answers)

    (alice,) = stored().accounts
    assert passwords.crypt("plain wörds", alice.password_hash) == alice.password_hash
    assert "alice@example.org is made" in said.out
    assert "plain" not in said.out


def test_two_different_passwords_make_no_account(terminal: Callable[..., Said], stored: Callable):
    """One of them was mistyped."""
    said = terminal("account", "add", "alice@example.org", answers=[("Password for alice", "plain"), ("Once more", "palin")])

    assert said.status == 1
    assert "the two passwords differ; nothing was changed" in said.out
    assert stored().accounts == ()


def test_whoever_types_no_password_gets_one(terminal: Callable[..., Said], stored: Callable):
    """As the question says."""
    said = terminal("account", "add", "alice@example.org", answers=[("(nothing: one is made)", "")])

    (alice,) = stored().accounts
    password = said.out.split()[-1]
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash


def test_a_taken_address_is_told_before_a_password_is_asked_for(terminal: Callable[..., Said], mailstead: Callable[..., Said]):
    """Nobody types a password for nothing."""
    mailstead("account", "add", "alice@example.org")
    said = terminal("account", "add", "alice@example.org", answers=[])

    assert said.status == 1
    assert "mailstead account passwd alice@example.org" in said.out
    assert "Password" not in said.out


def test_accounts_are_listed_as_a_table_or_as_json(mailstead: Callable[..., Said]):
    """For reading, and for programs; a quota of its own, or the default of the settings."""
    mailstead("account", "add", "alice@example.org")
    mailstead("account", "add", "bob@example.org", "--quota", "1536M")
    mailstead("account", "disable", "bob@example.org")

    assert mailstead("account", "list").out == (
        "ADDRESS            QUOTA         ENABLED\n"
        "alice@example.org  5G (default)  yes\n"
        "bob@example.org    1536M         no\n"
    )
    assert mailstead("account", "list", "--json").facts == [
        {"address": "alice@example.org", "quota": None, "enabled": True},
        {"address": "bob@example.org", "quota": 1536 * 2**20, "enabled": False},
    ]


def test_an_empty_list_has_its_head_only(mailstead: Callable[..., Said]):
    """And is an empty JSON list."""
    assert mailstead("alias", "list").out == "ADDRESS  LEADS TO\n"
    assert mailstead("alias", "list", "--json").facts == []


def test_a_password_can_be_changed(mailstead: Callable[..., Said], stored: Callable):
    """It is the one that works from then on; no Dovecot runs here to sign anybody out, which is no failure."""
    mailstead("account", "add", "alice@example.org")
    said = mailstead("account", "passwd", "Alice@example.org", "--password-stdin", typed=b"new one\n")

    (alice,) = stored().accounts
    assert (said.status, said.out) == (0, "alice@example.org has a new password\n")
    assert passwords.crypt("new one", alice.password_hash) == alice.password_hash


def test_a_quota_is_a_size_or_the_default(mailstead: Callable[..., Said]):
    """With the words of MAIL_QUOTA."""
    mailstead("account", "add", "alice@example.org", "--quota", "10G")

    assert mailstead("account", "quota", "alice@example.org", "2g").out == "alice@example.org may keep 2G\n"
    assert mailstead("account", "quota", "alice@example.org", "default").out == "alice@example.org may keep 5G (default)\n"
    assert mailstead("account", "quota", "alice@example.org", "1T", "--json").facts["quota"] == 2**40


def test_a_quota_that_is_none_is_wrong_usage(mailstead: Callable[..., Said], capsys: pytest.CaptureFixture):
    """argparse's status 2, and what is allowed."""
    with pytest.raises(SystemExit) as ended:
        mailstead("account", "quota", "alice@example.org", "much")

    assert ended.value.code == 2
    assert '"much" is not accepted; allowed: a size such as 500M or 10G, or default' in capsys.readouterr().err


def test_disabling_and_enabling_twice_is_like_once(mailstead: Callable[..., Said]):
    """Scripts may repeat themselves."""
    mailstead("account", "add", "alice@example.org")
    for verb, enabled in (("disable", False), ("enable", True)):
        for _ in range(2):
            said = mailstead("account", verb, "alice@example.org", "--json")
            assert (said.status, said.facts) == (0, {"address": "alice@example.org", "enabled": enabled})


@pytest.fixture
def alice_with_mail(mailstead: Callable[..., Said], place: Place) -> Path:
    """An account with mail, and an alias that leads to it; the folder of its mail."""
    mailstead("account", "add", "alice@example.org")
    mailstead("alias", "add", "sales@example.org", "alice@example.org")
    folder = place.mail / "example.org" / "alice"
    (folder / "Maildir").mkdir(parents=True)
    return folder


def test_deleting_an_account_deletes_its_mail_once_its_address_is_typed(terminal: Callable[..., Said], alice_with_mail: Path):
    """What aliases lose by it is told."""
    said = terminal("account", "delete", "alice@example.org", answers=[("Type the address to go on: ", "Alice@example.org")])

    assert said.status == 0
    assert "alice@example.org and its mail are deleted" in said.out
    assert "sales@example.org no longer leads to alice@example.org; it had no other target and is deleted" in said.out
    assert not alice_with_mail.exists()


def test_another_answer_deletes_nothing(terminal: Callable[..., Said], alice_with_mail: Path, stored: Callable):
    """Least of all `yes`, which the fingers know by themselves."""
    said = terminal("account", "delete", "alice@example.org", answers=[("Type the address to go on: ", "yes")])

    assert said.status == 1
    assert "nothing was deleted" in said.out
    assert alice_with_mail.exists()
    assert len(stored().accounts) == 1


def test_nothing_is_deleted_unasked_where_nobody_can_be_asked(mailstead: Callable[..., Said], alice_with_mail: Path):
    """A script says --yes."""
    assert "add --yes" in mailstead("account", "delete", "alice@example.org").err
    assert alice_with_mail.exists()

    assert mailstead("account", "delete", "alice@example.org", "--yes", "--json").facts == {
        "address": "alice@example.org",
        "aliases": [{"address": "sales@example.org", "target": "alice@example.org", "deleted": True}],
    }
    assert not alice_with_mail.exists()


def test_mail_that_a_cut_off_deletion_left_can_be_deleted(mailstead: Callable[..., Said], place: Place):
    """Else whoever gets the address next would find it."""
    folder = place.mail / "example.org" / "gone"
    folder.mkdir(parents=True)

    assert mailstead("account", "delete", "gone@example.org", "--yes").status == 0
    assert not folder.exists()
    assert "there is no account gone@example.org" in mailstead("account", "delete", "gone@example.org", "--yes").err


def test_an_account_whose_mail_leads_elsewhere_is_not_deleted(
    mailstead: Callable[..., Said], alice_with_mail: Path, stored: Callable
):
    """Neither the one nor the other: half a deletion would be worse."""
    alice_with_mail.rename(alice_with_mail.with_name("moved"))
    alice_with_mail.symlink_to("moved")
    said = mailstead("account", "delete", "alice@example.org", "--yes")

    assert said.status == 1
    assert "put that right by hand" in said.err
    assert len(stored().accounts) == 1


def test_the_postmaster_is_not_deleted_and_not_disabled(mailstead: Callable[..., Said]):
    """While MAIL_POSTMASTER, or its default, names it."""
    mailstead("account", "add", "postmaster@example.org")

    for words in (("delete", "postmaster@example.org", "--yes"), ("disable", "postmaster@example.org")):
        said = mailstead("account", *words)
        assert said.status == 1
        assert "MAIL_POSTMASTER" in said.err


def test_aliases_are_added_listed_and_deleted(mailstead: Callable[..., Said]):
    """Adding what is there changes nothing and is no error."""
    mailstead("account", "add", "alice@example.org")
    add = ("alias", "add", "Sales@example.org", "alice@example.org", "carol@elsewhere.example")

    assert mailstead(*add).out == "sales@example.org now leads to alice@example.org, carol@elsewhere.example\n"
    assert mailstead(*add).out == "sales@example.org leads there already\n"
    assert mailstead("alias", "list").out == (
        "ADDRESS            LEADS TO\nsales@example.org  alice@example.org, carol@elsewhere.example\n"
    )
    assert mailstead("alias", "delete", "sales@example.org", "carol@elsewhere.example").status == 0
    assert mailstead("alias", "list", "--json").facts == [{"address": "sales@example.org", "targets": ["alice@example.org"]}]
    assert mailstead("alias", "delete", "sales@example.org").status == 0
    assert mailstead("alias", "delete", "sales@example.org").status == 1


def test_domains_are_added_listed_and_deleted(mailstead: Callable[..., Said]):
    """Adding what is there changes nothing; one that MAIL_DOMAINS names stays."""
    assert mailstead("domain", "add", "Example.com", "--json").facts == {"domain": "example.com", "added": True}
    assert mailstead("domain", "add", "example.com", "--json").facts == {"domain": "example.com", "added": False}
    assert mailstead("domain", "list").out == "DOMAIN\nexample.com\nexample.org\n"
    assert mailstead("domain", "delete", "example.com").out == "example.com is deleted\n"
    assert "MAIL_DOMAINS names example.org" in mailstead("domain", "delete", "example.org").err


def test_project_writes_what_is_not_current(mailstead: Callable[..., Said], place: Place):
    """And nothing where all is well."""
    assert mailstead("project", "--json").facts == {"written": False}
    (place.projection / "counter").unlink()
    assert mailstead("project").out == "written\n"
    assert mailstead("project").out == "nothing to do\n"


def test_wrong_settings_are_the_settings_report(mailstead: Callable[..., Said], monkeypatch: pytest.MonkeyPatch):
    """A projection made from half understood settings would be worse than none."""
    monkeypatch.setenv("MAIL_DOMANIS", "example.org")

    with pytest.raises(SettingsError):
        mailstead("domain", "list")


def test_every_verb_has_a_line_of_help(mailstead: Callable[..., Said], capsys: pytest.CaptureFixture):
    """Which is the first of its docstring."""
    lines = {"account": "Make an account", "alias": "Let an address lead to others", "domain": "Accept and keep the mail"}
    for noun, line in lines.items():
        with pytest.raises(SystemExit):
            mailstead(noun, "add", "--help")
        assert line in capsys.readouterr().out
