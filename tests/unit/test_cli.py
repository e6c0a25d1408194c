"""The command line: every verb has help and a place in the README, and says by its exit status how it went."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from mailstead import cli

REPOSITORY = Path(__file__).parents[2]
README = (REPOSITORY / "README.md").read_text()
VERBS = [verb for verbs in cli._VERBS.values() for verb in verbs]
HEAVY = {"sqlalchemy", "dns", "psycopg", "alembic", "cryptography", "supervisor", "pkg_resources", "yaml", "ldap"}


def helped(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Return what a command says of itself."""
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--help"])
    assert ended.value.code == 0
    return capsys.readouterr().out


def subverbs(text: str) -> list[str]:
    """Return the verbs a help text lists."""
    return re.findall(r"^    ([a-z-]+)\s+\w", text, re.MULTILINE)


def test_the_help_lists_every_verb(capsys: pytest.CaptureFixture[str]):
    """Each with a few words."""
    assert sorted(subverbs(helped(capsys))) == sorted(VERBS)


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_says_what_it_does(verb: str, capsys: pytest.CaptureFixture[str]):
    """So do the verbs below it, after their usage and before their arguments."""
    text = helped(capsys, verb)
    below = [helped(capsys, verb, one) for one in subverbs(text)]

    for usage, says, *_ in (said.split("\n\n") for said in [text, *below]):
        assert usage.startswith(f"usage: mailstead {verb}")
        assert len(says.split()) > 2
        assert not says.startswith(("positional", "options"))


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_is_in_the_readme(verb: str):
    """As a word of its own in code."""
    assert re.search(rf"(`{verb}`|mailstead {verb}\b|mail {verb}\b)", README)


@pytest.mark.parametrize(
    "words", [[], ["nonsense"], ["render"], ["render", "--diff", "--root", "x"], ["account"], ["health", "--wait", "long"]]
)
def test_a_wrong_command_is_a_usage_error(words: list[str], capsys: pytest.CaptureFixture[str]):
    """Status 2, and how it is used."""
    with pytest.raises(SystemExit) as ended:
        cli.main(words)

    assert ended.value.code == cli.USAGE
    assert "usage: mailstead" in capsys.readouterr().err


def test_where_there_is_no_server_there_is_nothing_to_follow(capsys: pytest.CaptureFixture[str]):
    """The directory is a file then, and the keeper looks after it."""
    assert cli.main(["follow"]) == cli.USAGE
    assert "MAIL_DIRECTORY_URL is not set" in capsys.readouterr().out


def test_wrong_settings_end_with_78(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """EX_CONFIG of sysexits.h: the report and nothing else."""
    monkeypatch.setenv("MAIL_DOMANIS", "x")

    assert cli.main(["check"]) == 78
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == (
        "1 setting needs attention; nothing was started.\n\n  MAIL_DOMANIS is not a setting; did you mean MAIL_DOMAINS?\n"
    )


def test_good_settings_end_with_0(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    """And one line."""
    monkeypatch.setenv("MAIL_HOSTNAME", "mail.example.org")

    assert cli.main(["check"]) == 0
    assert capsys.readouterr().out == "The settings of mail.example.org are good.\n"


def test_rendering_into_a_folder_shows_everything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """For a look at what a start would write, by anybody, anywhere."""
    monkeypatch.setenv("MAIL_HOSTNAME", "mail.example.org")

    assert cli.main(["render", "--root", str(tmp_path)]) == 0
    assert "myhostname = mail.example.org\n" in (tmp_path / "etc/postfix/main.cf").read_text()


@pytest.mark.parametrize("verb", ["up", "health", "check"])
def test_a_start_imports_nothing_heavy(verb: str):
    """The directory's libraries and cryptography take longer than all the rest: only the verb that needs them pays."""
    program = (
        f"import sys; from mailstead import cli; cli.module_of('{verb}')\n"
        "print(*sys.modules)"
    )
    entrypoint = REPOSITORY / "entrypoint"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=entrypoint, capture_output=True, text=True, check=True).stdout

    assert not set(loaded.split()) & HEAVY


@pytest.mark.parametrize("url", ["postgresql://mail:secret@db.example.org/mail", "ldap://ldap.example.org/dc=example,dc=org"])
def test_a_start_asks_no_server(url: str):
    """Neither whether it answers, nor for its library: the follower does, beside the daemons."""
    program = (
        "import os, sys; from mailstead.cli import start; from mailstead.settings import Settings\n"
        "print(start.must_prepare(Settings.read(os.environ)), *sys.modules)"
    )
    command, environment = [sys.executable, "-c", program], {"MAIL_DIRECTORY_URL": url}
    ran = subprocess.run(command, cwd=REPOSITORY / "entrypoint", env=environment, capture_output=True, text=True, check=True)

    prepares, *loaded = ran.stdout.split()
    assert prepares == "False"
    assert not set(loaded) & HEAVY
