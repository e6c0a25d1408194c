"""How a setting is declared and read, shown on a class of settings made up for it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailstead.declare import (
    Kind,
    Problem,
    Secret,
    SettingsError,
    declared,
    has_control,
    is_line,
    kind_of,
    read,
    setting,
    yes_or_no,
)

Number = Annotated[int, Kind(int, "a whole number")]
Password = Annotated[Secret, Kind(Secret, "a line of text", secret=True)]


@dataclass(frozen=True, kw_only=True)
class Garden:
    """Settings of a garden."""

    beds: Number = setting("How many beds.", default="3", example="4")
    colours: tuple[Literal["red", "blue"], ...] = setting("Colours of the flowers.", example="red blue")
    gate_code: Password | None = setting("Code of the gate.", example="hunter2")
    open: bool = setting("Whether guests may come.", default="no", example="yes")


def values(**environ: str) -> dict[str, object]:
    """Read an environment that has no problem."""
    found, problems = read(Garden, {f"MAIL_{name}": text for name, text in environ.items()})
    assert problems == []
    return found


def problem(**environ: str) -> Problem:
    """Read an environment that has one problem."""
    _, (only,) = read(Garden, {f"MAIL_{name}": text for name, text in environ.items()})
    return only


def test_a_setting_nobody_mentions_has_its_default():
    """Defaults are texts read like the owner's own; without one a setting is None, and a list is empty."""
    assert values() == {"beds": 3, "colours": (), "gate_code": None, "open": False}


def test_an_empty_variable_is_unset():
    """`MAIL_BEDS=` in an env file means the default."""
    assert values(BEDS="", COLOURS="", GATE_CODE="", OPEN="") == values()


def test_a_list_keeps_its_order_and_drops_what_is_named_twice():
    """Several values are separated by spaces, however many."""
    assert values(COLOURS=" blue  red blue ")["colours"] == ("blue", "red")


@pytest.mark.parametrize("word", ["yes", "TRUE", "On", "1"])
def test_a_switch_knows_the_words_for_yes(word: str):
    """In whatever case they are written."""
    assert yes_or_no(word) is True


@pytest.mark.parametrize("word", ["no", "FALSE", "Off", "0"])
def test_a_switch_knows_the_words_for_no(word: str):
    """In whatever case they are written."""
    assert yes_or_no(word) is False


@pytest.mark.parametrize("word", ["ja", "y", "2", "enabled", " yes", "None"])
def test_a_switch_takes_no_other_word(word: str):
    """An unknown word is a problem, never quietly no."""
    assert problem(OPEN=word) == Problem("MAIL_OPEN", f'="{word}" is not accepted', "yes or no", "yes")


def test_a_problem_names_value_allowed_and_example():
    """So that the reader sees what to type."""
    assert str(problem(BEDS="many")) == (
        '  MAIL_BEDS="many" is not accepted\n'
        "      allowed: a whole number\n"
        "      example: MAIL_BEDS=4"
    )


def test_one_wrong_word_of_a_list_is_a_problem_of_the_list():
    """The whole value is shown, as the owner wrote it."""
    assert str(problem(COLOURS="red green")).startswith(
        '  MAIL_COLOURS="red green" is not accepted\n      allowed: one of red, blue, or several separated by spaces'
    )


@pytest.mark.parametrize("sign", ["\n", "\r", "\t", "\0", "\x7f", "\x85", "\u2028", "\u2029", "\x1b"])
def test_a_control_character_is_a_problem_and_is_not_printed(sign: str):
    """It would add a line to a config file, or play with the terminal of whoever reads the report."""
    found = problem(GATE_CODE=f"one{sign}two")

    assert "holds a line break or another control character" in str(found)
    assert sign not in str(found).replace("\n", "")
    assert "one" not in str(found)


@given(st.text())
def test_what_has_no_control_character_is_one_line(text: str):
    """Whatever Python or a daemon takes for the end of a line counts as control."""
    assert has_control(text) or (len(text.splitlines()) <= 1 and "\0" not in text)


@given(st.text(alphabet=st.characters(codec=None)))
def test_what_is_a_line_can_be_written_as_one(text: str):
    """As UTF-8, with any letters and signs there are."""
    if is_line(text):
        assert text.encode().decode().splitlines() in ([], [text])
    else:
        assert has_control(text) or any("\ud800" <= sign <= "\udfff" for sign in text)


@pytest.mark.parametrize("name", ["BEDDS", "BED", "BEDS_"])
def test_a_misspelt_name_is_a_problem_that_knows_the_right_one(name: str):
    """Its value is not shown: it may be a secret under a wrong name."""
    assert problem(**{name: "secret 7"}) == Problem(f"MAIL_{name}", " is not a setting; did you mean MAIL_BEDS?")


def test_a_name_like_no_other_is_a_problem_too():
    """Where nothing is near, the report says where to look."""
    assert problem(XYZZY="1") == Problem("MAIL_XYZZY", " is not a setting; the README lists all of them")


def test_variables_of_other_programs_are_none_of_our_business():
    """Only MAIL_ is ours."""
    assert read(Garden, {"PATH": "/bin", "MAILTO": "root", "mail_beds": "x"}) == (values(), [])


@pytest.mark.parametrize(
    "content", [b"7", b"7\n", b"7\r\n", b"\xef\xbb\xbf7", b"\xef\xbb\xbf7\r\n"], ids=["bare", "newline", "CRLF", "BOM", "both"]
)
def test_a_file_may_hold_the_value(tmp_path: Path, content: bytes):
    """As editors of any system leave it: with a byte order mark, with a line end of either kind."""
    (tmp_path / "beds").write_bytes(content)

    assert values(BEDS_FILE=str(tmp_path / "beds"))["beds"] == 7


def test_an_empty_file_is_an_empty_value(tmp_path: Path):
    """And empty means unset."""
    (tmp_path / "beds").write_bytes(b"\n")

    assert values(BEDS_FILE=str(tmp_path / "beds"))["beds"] == 3


@pytest.mark.parametrize("text", ["hunter2 ", " hunter2", "a  b", '"quoted"', "back\\slash", "grüße"])
def test_a_secret_in_a_file_is_taken_as_it_is(tmp_path: Path, text: str):
    """Blanks, quotes and backslashes belong to it."""
    (tmp_path / "code").write_text(text + "\n", encoding="utf-8")

    assert values(GATE_CODE_FILE=str(tmp_path / "code"))["gate_code"] == text


def test_two_lines_in_a_file_are_refused_without_showing_them(tmp_path: Path):
    """Only the last line end is the editor's."""
    (tmp_path / "code").write_text("hunter2\nhunter3\n")
    found = problem(GATE_CODE_FILE=str(tmp_path / "code"))

    assert "holds a line break" in found.said
    assert "hunter" not in str(found).replace("example: MAIL_GATE_CODE=hunter2", "")


def test_variable_and_file_at_once_are_a_problem(tmp_path: Path):
    """Which of the two the owner means cannot be known."""
    (tmp_path / "beds").write_text("7")
    found = problem(BEDS="7", BEDS_FILE=str(tmp_path / "beds"))

    assert str(found) == "  MAIL_BEDS and MAIL_BEDS_FILE are both set; keep one of them"


def test_a_file_that_cannot_be_read_is_a_problem_with_the_systems_word(tmp_path: Path):
    """Missing, a folder, not text: each says so."""
    (tmp_path / "latin").write_bytes(b"gr\xfc\xdfe")

    assert "absent cannot be read: No such file or directory" in problem(BEDS_FILE=str(tmp_path / "absent")).said
    assert "cannot be read: Is a directory" in problem(BEDS_FILE=str(tmp_path)).said
    assert "latin cannot be read: it is not UTF-8 text" in problem(BEDS_FILE=str(tmp_path / "latin")).said


def test_a_secret_never_shows_itself():
    """Neither in a repr nor in a repr of what holds it; str() gives it on purpose."""
    secret = Secret("hunter2")

    assert "hunter2" not in repr(secret) + repr({"password": [secret]}) + f"{secret!r}"
    assert str(secret) == "hunter2"


def test_the_report_counts_its_problems():
    """One needs attention, several need it."""
    one, two = Problem("MAIL_A", " is wrong"), Problem("MAIL_B", " is wrong")

    assert str(SettingsError([one])).startswith("1 setting needs attention; nothing was started.\n\n  MAIL_A is wrong")
    assert str(SettingsError([one, two])).startswith("2 settings need attention; nothing was started.\n\n  MAIL_A is")


def test_declared_settings_keep_the_order_they_are_written_in():
    """It is the order of env.example and of the manual."""
    assert [one.variable for one in declared(Garden)] == ["MAIL_BEDS", "MAIL_COLOURS", "MAIL_GATE_CODE", "MAIL_OPEN"]


def test_a_setting_of_a_type_nobody_can_read_fails_when_it_is_declared():
    """A developer sees it in the first test, not an owner at a start."""
    with pytest.raises(TypeError, match="no kind of setting is known for"):
        kind_of(float)
