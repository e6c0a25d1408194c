"""The tree of files, and the one writer of it."""

import grp
import os
import pwd
from pathlib import Path

import pytest

from mailstead.tree import Directory, File, difference, public_files, write

ME, MY_GROUP = pwd.getpwuid(os.getuid()).pw_name, grp.getgrgid(os.getgid()).gr_name


def mode(place: Path) -> int:
    """Return a file's permissions."""
    return place.stat().st_mode & 0o7777


def test_a_tree_becomes_files(tmp_path: Path):
    """Each path below the root, folders on the way made."""
    write({"/etc/a/one.cf": File(text="one = ü\n"), "/var/b": Directory(mode=0o750)}, tmp_path, owned=False)

    assert (tmp_path / "etc/a/one.cf").read_text(encoding="utf-8") == "one = ü\n"
    assert mode(tmp_path / "etc/a/one.cf") == 0o644
    assert mode(tmp_path / "var/b") == 0o750


def test_line_ends_stay_as_they_are(tmp_path: Path):
    """Same input, same bytes, on any system."""
    write({"/a": File(text="one\r\ntwo\n")}, tmp_path, owned=False)

    assert (tmp_path / "a").read_bytes() == b"one\r\ntwo\n"


def test_a_reader_of_the_old_file_keeps_the_old_file(tmp_path: Path):
    """A file is swapped by rename: who has opened it reads on, who opens it next reads the new one."""
    write({"/a": File(text="old")}, tmp_path, owned=False)
    with (tmp_path / "a").open() as opened:
        write({"/a": File(text="new")}, tmp_path, owned=False)
        assert opened.read() == "old"

    assert (tmp_path / "a").read_text() == "new"


def test_nothing_is_left_beside_a_file(tmp_path: Path):
    """Not even what an earlier writer that was killed has left."""
    (tmp_path / ".a.new").write_text("torn")
    write({"/a": File(text="whole")}, tmp_path, owned=False)

    assert [place.name for place in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_the_old_file(tmp_path: Path):
    """What cannot be encoded stops before the swap."""
    write({"/a": File(text="old")}, tmp_path, owned=False)
    with pytest.raises(UnicodeEncodeError):
        write({"/a": File(text="half \ud800")}, tmp_path, owned=False)

    assert (tmp_path / "a").read_text() == "old"


def test_a_secret_file_is_never_readable_for_others(tmp_path: Path):
    """Whatever the umask of the one who starts us."""
    before = os.umask(0)
    try:
        write({"/secret": File(text="hunter2", mode=0o600, secret=True)}, tmp_path, owned=False)
    finally:
        os.umask(before)

    assert mode(tmp_path / "secret") == 0o600


def test_the_mode_of_what_is_there_already_is_mended(tmp_path: Path):
    """A volume from elsewhere may hold a folder open to all."""
    (tmp_path / "keys").mkdir(mode=0o777)
    (tmp_path / "keys").chmod(0o777)
    write({"/keys": Directory(mode=0o700, owner=ME, group=MY_GROUP)}, tmp_path)

    assert mode(tmp_path / "keys") == 0o700


def test_a_file_can_be_dated(tmp_path: Path):
    """Postfix waits for a main.cf that is younger than a second."""
    write({"/a": File(text="a", owner=ME, group=MY_GROUP)}, tmp_path, mtime=1_000_000_000, durable=True)

    assert (tmp_path / "a").stat().st_mtime == 1_000_000_000


def test_an_owner_the_system_does_not_know_is_an_error(tmp_path: Path):
    """Before the file is in its place."""
    with pytest.raises(KeyError, match="nobody-of-this-name"):
        write({"/a": File(text="a", owner="nobody-of-this-name")}, tmp_path)

    assert not (tmp_path / "a").exists()


def test_a_tree_is_written_where_links_lead(tmp_path: Path):
    """The image's /etc is read-only: its links lead to a place that can be written, and stay links."""
    (tmp_path / "etc").mkdir()
    (tmp_path / "run").mkdir()
    (tmp_path / "etc/postfix").symlink_to("../run/postfix")
    write({"/etc/postfix/main.cf": File(text="a\n")}, tmp_path, owned=False)

    assert (tmp_path / "etc/postfix").is_symlink()
    assert (tmp_path / "run/postfix/main.cf").read_text() == "a\n"


def test_a_tree_does_not_differ_from_itself(tmp_path: Path):
    """Written, then compared: not a line."""
    tree = {"/a": File(text="a\n"), "/b/c": File(text="c\n")}
    write(tree, tmp_path, owned=False)

    assert list(difference(tree, tmp_path)) == []


def test_a_difference_is_a_unified_diff(tmp_path: Path):
    """Of the lines there are now to the lines there would be; a file that is missing is all new."""
    write({"/a": File(text="same\nold\n")}, tmp_path, owned=False)
    lines = list(difference({"/a": File(text="same\nnew\n"), "/b": File(text="b\n")}, tmp_path))

    assert "".join(lines) == (
        "--- now/a\n+++ new/a\n@@ -1,2 +1,2 @@\n same\n-old\n+new\n"
        "--- now/b\n+++ new/b\n@@ -0,0 +1 @@\n+b\n"
    )


def test_what_may_be_shown_of_a_tree_has_no_secret():
    """Nor directories: a diff is of files."""
    tree = {"/a": File(text="a"), "/s": File(text="hunter2", secret=True), "/d": Directory()}

    assert public_files(tree) == {"/a": File(text="a")}


def test_a_file_does_not_show_its_text_by_accident():
    """A tree in a traceback or in a log gives nothing away."""
    assert "hunter2" not in repr({"/s": File(text="hunter2", secret=True)})
