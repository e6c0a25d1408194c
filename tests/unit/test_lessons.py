"""What the keeper hears of people's moves into and out of Junk, and keeps for the filter."""

import subprocess
import sys
from pathlib import Path

import pytest

from mailstead import lessons
from mailstead.lessons import Lesson

REPOSITORY = Path(__file__).parents[2]
HEAD = b"Nov 24 14:46:29 imap(alice@example.org)<131><w3kRkZJNsLvAqAAB>: Info: sieve: DEBUG: lesson "


@pytest.mark.parametrize(
    ("line", "lesson"),
    [
        (b"spam <1@x> Junk", Lesson("spam", "alice@example.org", "<1@x>", "Junk")),
        (b"ham <2@x> INBOX", Lesson("ham", "alice@example.org", "<2@x>", "INBOX")),
        (b"ham <3@x> Two words", Lesson("ham", "alice@example.org", "<3@x>", "Two words")),
    ],
)
def test_a_move_teaches(line: bytes, lesson: Lesson):
    """Into Junk it is spam, out of it it is not; the letter is where it was put."""
    assert lessons.heard(HEAD + line) == lesson


@pytest.mark.parametrize(
    "line",
    [
        HEAD + b"ham <1@x> Trash",
        HEAD + b"ham <1@x> Junk",
        HEAD + b"spam  Junk",
        HEAD + b"spam <1 @x> Junk",
        HEAD.replace(b"imap(", b"lmtp(") + b"spam <1@x> Junk",
        b"Nov 24 14:46:29 imap-login: Info: user=<imap(a)<1><x>: Info: sieve: DEBUG: lesson spam <1@x> Junk>",
    ],
)
def test_other_lines_teach_nothing(line: bytes):
    """What is thrown away says nothing about what it was; and nobody speaks for another."""
    assert lessons.heard(line) is None


def test_lessons_wait_until_they_are_done(tmp_path: Path):
    """An attempt that failed is made again with the same ones; what comes meanwhile is for the next."""
    place = tmp_path / "lessons"
    first, second = Lesson("spam", "alice@example.org", "<7@x>", "Junk"), Lesson("ham", "bob@example.org", "<3@x>", "Two words")

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
