"""The program that Postfix asks who may post: as spawn(8) runs it."""

import subprocess
import sys
from pathlib import Path

import pytest

from mailstead import cdb

ENTRYPOINT = Path(__file__).parents[2] / "entrypoint"
TABLE = "at:example.org example.org\nrule:team@example.org example.org\nto:team@example.org team@example.org\n"


def asked(table: Path, questions: str) -> subprocess.CompletedProcess:
    """Run it with questions on its standard input."""
    command = [sys.executable, "-m", "mailstead.policy", str(table)]
    return subprocess.run(command, input=questions.encode(), capture_output=True, cwd=ENTRYPOINT, timeout=30)


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A compiled table with one group that its domain may write to."""
    place = tmp_path / "posting.cdb"
    place.write_bytes(cdb.compiled(TABLE))
    return place


def test_each_question_has_its_answer_and_it_ends_with_them(table: Path):
    """In Postfix's form: an action, and an empty line."""
    good = "request=smtpd_access_policy\nrecipient=Team@example.org\nsasl_username=alice@example.org\nsender=x\n\n"
    bad = "request=smtpd_access_policy\nrecipient=team@example.org\nsasl_username=\nsender=alice@example.org\n\n"
    ran = asked(table, good + bad)

    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode() == (
        "action=DUNNO\n\n"
        "action=550 5.7.1 only people of example.org who have signed in may write to team@example.org\n\n"
    )


def test_bytes_that_are_no_text_are_somebody_elses_address(table: Path):
    """Postfix hands on what it was sent."""
    command = [sys.executable, "-m", "mailstead.policy", str(table)]
    question = b"recipient=team@example.org\nsender=\xff\xfe@example.org\n\n"
    ran = subprocess.run(command, input=question, capture_output=True, cwd=ENTRYPOINT, timeout=30)

    assert ran.stdout.startswith(b"action=550 5.7.1")


def test_without_its_table_it_answers_nothing(tmp_path: Path):
    """Then Postfix answers by itself, with 4xx."""
    ran = asked(tmp_path / "none", "recipient=team@example.org\n\n")

    assert ran.returncode != 0
    assert ran.stdout == b""


def test_it_loads_little(table: Path):
    """It is started for a question: nothing of the directory, no settings, no database."""
    program = "import sys; import mailstead.policy; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], cwd=ENTRYPOINT, capture_output=True, text=True, check=True).stdout

    ours = {name for name in loaded.split() if name.startswith("mailstead")}
    assert ours == {"mailstead", "mailstead.policy", "mailstead.cdb"}
    assert not set(loaded.split()) & {"sqlite3", "sqlalchemy", "jinja2", "dataclasses"}
