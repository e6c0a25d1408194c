"""The pages made from the settings: env.example and the README's table."""

from pathlib import Path

import pytest

from mailstead import docs
from mailstead.cli import main
from mailstead.declare import declared
from mailstead.settings import Settings

REPOSITORY = Path(__file__).parents[2]


def uncommented(text: str) -> dict[str, str]:
    """Return the variables of an env file once the # is taken away from each line that sets one."""
    lines = [line.removeprefix("#") for line in text.splitlines() if not line.startswith("# ")]
    return dict(line.split("=", 1) for line in lines if "=" in line)


def test_the_pages_are_what_the_settings_say(capsys: pytest.CaptureFixture[str]):
    """`mailstead docs --check` finds nothing to do in the repository."""
    assert main(["docs", "--check", "--root", str(REPOSITORY)]) == 0
    assert capsys.readouterr().err == ""


def test_taking_away_every_hash_changes_nothing():
    """env.example shows each setting with its default; which containers run is Docker's own setting, and the filter is on."""
    shown = uncommented(docs.env_example())
    profiles = shown.pop("COMPOSE_PROFILES")

    assert list(shown) == [one.variable for one in declared(Settings)]
    assert Settings.read(shown) == Settings.read({})
    assert profiles == "filter"


def test_each_setting_is_explained_where_it_stands():
    """Its sentence, what is allowed and an example, in lines that fit a screen."""
    text = docs.env_example()
    words = " ".join(text.replace("# ", " ").split())

    assert max(len(line) for line in text.splitlines()) <= 130
    for one in declared(Settings):
        assert f"{one.text} Allowed: {one.kind.allowed}." in words
        assert one.example == one.default or f"# Example: {one.variable}={one.example}\n" in text


def test_the_table_has_a_row_for_each_setting():
    """In the order of env.example, no sign in it that would break the row."""
    head, line, *rows = docs.table().splitlines()

    assert head.count("|") == line.count("|") == 4
    assert [row.split("`")[1] for row in rows] == [one.variable for one in declared(Settings)]
    assert {row.replace("\\|", "").count("|") for row in rows} == {4}


def test_the_table_replaces_what_is_between_its_marks():
    """The text around it is somebody's own."""
    readme = f"# Before\n{docs.BEGIN}\nstale\n{docs.END}\nAfter\n"

    assert docs.with_table(readme) == f"# Before\n{docs.BEGIN}\n{docs.table()}{docs.END}\nAfter\n"
    assert docs.with_table(docs.with_table(readme)) == docs.with_table(readme)


@pytest.mark.parametrize("readme", ["", docs.BEGIN, docs.END, f"{docs.END}{docs.BEGIN}"])
def test_a_readme_without_the_marks_is_refused(readme: str):
    """Nobody's README is guessed at."""
    with pytest.raises(ValueError, match=r"README\.md needs the lines"):
        docs.with_table(readme)


def test_a_stale_page_is_named_and_then_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Check, write, check: the second finds nothing. A page that is missing is stale too."""
    (tmp_path / "README.md").write_text(f"{docs.BEGIN}\n{docs.END}\n")

    assert main(["docs", "--check", "--root", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert f"{tmp_path}/env.example is not what the settings say; run: mailstead docs\n" in said
    assert f"{tmp_path}/README.md is not what the settings say; run: mailstead docs\n" in said

    assert main(["docs", "--root", str(tmp_path)]) == 0
    assert main(["docs", "--check", "--root", str(tmp_path)]) == 0


def test_a_folder_that_is_not_the_projects_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """In the container there is none: the verb says so instead of falling over."""
    assert main(["docs", "--root", str(tmp_path)]) == 1
    assert f"There is no README.md in {tmp_path}" in capsys.readouterr().err
