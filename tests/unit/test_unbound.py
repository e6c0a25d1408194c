"""The room of Unbound: the owner's own files."""

from pathlib import Path

from mailstead.services import unbound


def test_the_owners_files_are_included_where_there_are_any(tmp_path: Path):
    """In their order; without the folder there is nothing to include, and Unbound starts all the same."""
    for name in ("b.conf", "a.conf", "notes.txt"):
        (tmp_path / name).write_text("")

    assert unbound.includes(tmp_path) == f'include-toplevel: "{tmp_path}/a.conf"\ninclude-toplevel: "{tmp_path}/b.conf"\n'
    assert unbound.includes(tmp_path / "not there") == ""
