"""Values that mean something to somebody: to Postfix, Dovecot, a shell, a template, supervisor, a terminal."""

from hypothesis import given, settings
from hypothesis import strategies as st

PIECES = [
    *("\n", "\r", "\r\n", "\0", "\t", "\x1b[2J", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff"),
    *("{{ 7 * 7 }}", "{% raw %}", "{#", "$(id)", "${x}", "$myhostname", "$$", "`id`", "#", ";", ",", '"', "'", "\\", "\\n"),
    *("%{user}", "%(x)s", "%%", "%", "|", "&", "<", ">", "=", "{", "}", "[", "]", ":", "/", "../", "-x", "~", "*", "!include x"),
    *(" ", "  ", "mynetworks = 0.0.0.0/0", "x", "example.org", "é", "東京", "🕊", "x" * 300),
]
WORST = ("\nmynetworks = 0.0.0.0/0", '"\nlisten = *\n#', '\\" x = "', '"; x = "', "{{ settings }}")
"""What would be a line, a value or a template more; put behind a good value."""
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=4).map("".join)


def around(good: str) -> st.SearchStrategy[str]:
    """Return texts in which something hostile stands before, in or behind a good value, or in place of a part of it."""
    places = st.tuples(st.integers(0, len(good)), st.integers(0, len(good))).map(sorted)
    return st.builds(lambda place, piece: good[: place[0]] + piece + good[place[1] :], places, st.sampled_from(PIECES) | TEXT)


def several(good: str, count: int) -> list[str]:
    """Return so many texts, each different, some of them around a good one; others at each call."""
    found: dict[str, None] = {}

    @settings(max_examples=count, derandomize=False, database=None)
    @given(TEXT | around(good))
    def collect(text: str) -> None:
        found[text] = None

    collect()
    return list(found)
