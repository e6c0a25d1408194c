"""What the keeper hears of people's moves into and out of Junk, and keeps for the filter."""

import subprocess
import sys
from pathlib import Path

import pytest

from mailstead import lessons
from mailstead.lessons import Lesson

REPOSITORY = Path(__file__).parents[2]
HEAD = b"imap(alice@example.org)<131><w3kRkZJNsLvAqAAB>: copy from "


@pytest.mark.parametrize(
    ("line", "lesson"),
    [
        (b"INBOX: box=Junk, uid=7", Lesson("spam", "alice@example.org", 7, "Junk")),
        (b"Lists/a: b: box=Junk, uid=8", Lesson("spam", "alice@example.org", 8, "Junk")),
        (b"Junk: box=INBOX, uid=9", Lesson("ham", "alice@example.org", 9, "INBOX")),
        (b"Junk: box=Two words, uid=10", Lesson("ham", "alice@example.org", 10, "Two words")),
    ],
)
def test_a_move_teaches(line: bytes, lesson: Lesson):
    """Into Junk it is spam, out of it it is not; the letter is where it was put."""
    assert lessons.heard(HEAD + line) == lesson


@pytest.mark.parametrize(
    "line",
    [
        HEAD + b"INBOX: box=Archive, uid=7",
        HEAD + b"Junk: box=Trash, uid=7",
        HEAD + b"Junk: box=Junk, uid=7",
        HEAD + b"INBOX: box=Junk",
        b"imap-login: Login: user=<a>, copy from INBOX: box=Junk, uid=7",
        b"imap(alice@example.org)<131><x>: Logged out in=1: copy from INBOX: box=Junk, uid=seven",
    ],
)
def test_other_lines_teach_nothing(line: bytes):
    """What is thrown away says nothing about what it was."""
    assert lessons.heard(line) is None


def test_lessons_wait_until_they_are_done(tmp_path: Path):
    """An attempt that failed is made again with the same ones; what comes meanwhile is for the next."""
    place = tmp_path / "lessons"
    first, second = Lesson("spam", "alice@example.org", 7, "Junk"), Lesson("ham", "bob@example.org", 3, "Two words")

    assert lessons.take(place) == []
    lessons.keep([first], place)
    assert lessons.take(place) == [first]
    lessons.keep([second], place)
    assert lessons.take(place) == [first]
    lessons.done(place)
    assert lessons.take(place) == [second]


def test_the_keeper_pays_little_for_it():
    """It stays in memory with all that it imports."""
    program = "import sys; import mailstead.lessons; print(*sys.modules)"
    command = [sys.executable, "-c", program]
    loaded = subprocess.run(command, cwd=REPOSITORY / "entrypoint", capture_output=True, text=True, check=True).stdout.split()

    assert not {"http.client", "ssl", "jinja2", "mailstead.settings", "email"} & set(loaded)
