"""What differs between two texts of many lines: found without looking at the lines around it."""

from hypothesis import given
from hypothesis import strategies as st

from mailstead.lines import changed

TEXT = st.lists(st.text("ab", max_size=3).map(lambda line: f"{line}\n"), max_size=8)


@given(TEXT, TEXT)
def test_the_lines_that_differ_are_found(before: list[str], after: list[str]):
    """Put where the old ones were, between what both begin and end alike with, the new ones make the second text of the first."""
    old, new = (tuple(f"{line}\n" for line in lines) for lines in changed("".join(before), "".join(after)))

    ways = ((start, start + len(old)) for start in range(len(before) - len(old) + 1))
    assert any((*before[:start], *new, *before[end:]) == tuple(after) and before[start:end] == [*old] for start, end in ways)


def test_the_lines_around_them_are_not_looked_at():
    """Of a long text into which a line came, that line is seen, and at most the next."""
    many = "".join(f"person{number}\n" for number in range(10_000))
    more = many.replace("person5000\n", "person5000b\nperson5000\n")

    assert changed(many, more) == (["person5000"], ["person5000b", "person5000"])
    assert changed(many, many) == ([], [])
