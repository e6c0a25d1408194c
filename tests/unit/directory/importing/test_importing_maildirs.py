"""The mail: moved whole and by rename, never over what is there, and taken up again where it was cut off."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from mailstead.directory import DirectoryError, Place
from mailstead.importing import homes, maildirs
from mailstead.importing.found import Script
from mailstead.importing.report import LEFT_OUT, TAKEN, Line, Report

ALICE = "alice@example.org"
UIDLIST = "3 V1700000000 N8 G0123456789abcdef0123456789abcdef\n7 :1700000000.M1P1.old:2,S\n"


@pytest.fixture
def mail(place: Place) -> Path:
    """The place of mail as docker-mailserver left it: alice's Maildir with folders, keywords and filters."""
    theirs = place.mail / "example.org" / "alice"
    for folder in ("", ".Sent", ".Work.Plans", ".a^b"):
        for part in ("cur", "new", "tmp"):
            (theirs / folder / part).mkdir(parents=True)
    (theirs / "cur" / "1700000000.M1P1.old:2,S").write_text("Subject: Old\n\nx\n")
    (theirs / ".Sent" / "cur" / "1700000001.M1P1.old:2,RS").write_text("Subject: Sent\n\nx\n")
    texts = {"dovecot-uidlist": UIDLIST, "subscriptions": "V\t2\n\nSent\n", "maildirsize": "5368709120S\n", "x": ""}
    for name, text in texts.items():
        (theirs / name).write_text(text)
    (theirs / "home" / "sieve").mkdir(parents=True)
    (theirs / "home" / "sieve" / "mine.sieve").write_text("keep;\n")
    (theirs / "home" / ".dovecot.sieve").symlink_to("sieve/mine.sieve")
    return place.mail


def moved(mail: Path, place: Place, *accounts: str) -> Report:
    """Plan and move."""
    report, people = Report(), accounts or (ALICE,)
    maildirs.carry_out(maildirs.plan(mail, people, place, report), people, place)
    return report


def all_files(folder: Path) -> dict[str, str]:
    """Return every file below a folder, and what it says."""
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_mailbox_is_moved_in_place(mail: Path, place: Place):
    """Letters with their flags, folders, UIDs, subscriptions, filters; the running sum of the quota is made anew."""
    report = moved(mail, place)
    home = mail / "example.org" / "alice"

    assert report.complete
    assert all_files(home / "Maildir") == {
        "cur/1700000000.M1P1.old:2,S": "Subject: Old\n\nx\n",
        ".Sent/cur/1700000001.M1P1.old:2,RS": "Subject: Sent\n\nx\n",
        "dovecot-uidlist": UIDLIST,
        "subscriptions": "V\t2\n\nSent\n",
    }
    assert sorted(path.name for path in (home / "Maildir").iterdir() if path.is_dir()) == [
        ".Sent", ".Work.Plans", ".a^5eb", "cur", "new", "tmp"
    ]
    assert (home / ".dovecot.sieve").resolve() == home / "sieve" / "mine.sieve"
    assert not (home / "Maildir.importing").exists()


def test_a_mailbox_is_moved_from_a_copy(mail: Path, place: Place):
    """Anywhere in the same volume."""
    there = mail / ".dms"
    there.mkdir()
    (mail / "example.org").rename(there / "example.org")
    report = moved(there, place)

    assert report.complete
    assert (mail / "example.org" / "alice" / "Maildir" / "cur" / "1700000000.M1P1.old:2,S").exists()
    assert (mail / "example.org" / "alice" / "sieve" / "mine.sieve").exists()


def test_a_second_run_finds_nothing_to_do(mail: Path, place: Place):
    """And says nothing."""
    moved(mail, place)
    before = all_files(mail)

    assert moved(mail, place).entries == []
    assert all_files(mail) == before


def test_a_move_that_was_cut_off_is_taken_up_again(mail: Path, place: Place, monkeypatch: pytest.MonkeyPatch):
    """Wherever it was: nothing is lost, and nobody sees half a mailbox."""
    expected = {"cur/1700000000.M1P1.old:2,S", ".Sent/cur/1700000001.M1P1.old:2,RS", "dovecot-uidlist", "subscriptions"}
    rename, home = Path.rename, mail / "example.org" / "alice"
    kept = mail.parent / "kept"
    shutil.copytree(mail, kept, symlinks=True)
    for steps in range(12):
        shutil.rmtree(mail)
        shutil.copytree(kept, mail, symlinks=True)
        left = iter(range(steps))

        def cut(path: Path, goal: Path, left=left):
            if next(left, None) is None:
                raise OSError(5, "Input/output error")
            return rename(path, goal)

        monkeypatch.setattr(Path, "rename", cut)
        with pytest.raises(DirectoryError, match="goes on from here"):
            moved(mail, place)
        monkeypatch.setattr(Path, "rename", rename)
        assert not (home / "Maildir").exists()
        assert moved(mail, place).complete
        assert set(all_files(home / "Maildir")) == expected
        if steps == 9:
            break


def test_mail_that_is_there_is_not_written_over(mail: Path, place: Place):
    """The other stays where it is, and the report says so."""
    (mail / "example.org" / "alice" / "Maildir" / "cur").mkdir(parents=True)
    report = moved(mail, place)

    assert "there is mail in" in report.of(LEFT_OUT)[0].words
    assert (mail / "example.org" / "alice" / "cur" / "1700000000.M1P1.old:2,S").exists()


def test_mail_of_nobody_stays_where_it_is(mail: Path, place: Place):
    """As does what is no Maildir; folders of ours are none of its business."""
    (mail / "example.org" / "carol" / "mailboxes").mkdir(parents=True)
    (mail / "example.org" / "dora" / "Maildir" / "cur").mkdir(parents=True)
    (mail / ".deleted" / "x").mkdir(parents=True)
    report = moved(mail, place, "dora@example.org")

    assert [(entry.line.file, entry.words) for entry in report.of(LEFT_OUT)] == [
        ("example.org/alice", "there is no account alice@example.org"),
        ("example.org/carol", "it is no Maildir, and only those are moved"),
    ]
    assert report.of(TAKEN) == []


def test_another_volume_is_refused_with_what_to_do(mail: Path, place: Place, tmp_path: Path):
    """A rename cannot leave a file system; nothing is copied behind the owner's back."""
    elsewhere = Path("/dev/shm") / tmp_path.name
    try:
        with pytest.raises(DirectoryError, match="in another volume"):
            moved(mail, replace(place, mail=elsewhere))
        assert (mail / "example.org" / "alice" / "cur" / "1700000000.M1P1.old:2,S").exists()
    finally:
        shutil.rmtree(elsewhere, ignore_errors=True)


def test_a_link_that_leads_out_is_not_taken_along(mail: Path, place: Place):
    """Neither a filter's nor a folder's."""
    theirs = mail / "example.org" / "alice"
    (theirs / "home" / ".dovecot.sieve").unlink()
    (theirs / "home" / ".dovecot.sieve").symlink_to("/etc/passwd")
    (theirs / ".Out").symlink_to("/etc")
    moved(mail, place)

    assert not (theirs / ".dovecot.sieve").is_symlink()
    assert not (theirs / "Maildir" / ".Out").is_symlink()


def planned(place: Place, coming: dict[str, Path]) -> tuple[dict[str, str], Report]:
    """Plan to put alice's script in place."""
    report = Report()
    script = Script(Line("alice@example.org.dovecot.sieve"), "discard;\r\n")
    return homes.plan({ALICE: script}, [ALICE], coming, place, report), report


def test_a_script_is_put_where_managesieve_has_it(place: Place):
    """A file in ~/sieve, and the link to the active one; a second time there is nothing to do."""
    homes.write(ALICE, planned(place, {})[0][ALICE], place)
    home = place.mail / "example.org" / "alice"

    assert (home / ".dovecot.sieve").readlink() == Path("sieve/docker-mailserver.sieve")
    assert (home / ".dovecot.sieve").read_bytes().decode() == "discard;\r\n"
    assert planned(place, {})[0] == {}


def test_a_script_is_not_written_through_a_link(place: Place, tmp_path: Path):
    """Whoever owns the mail could otherwise have root write elsewhere."""
    home = place.mail / "example.org" / "alice"
    home.mkdir(parents=True)
    (home / "sieve").symlink_to(tmp_path)
    scripts, report = planned(place, {})

    assert scripts == {}
    assert "is a link" in report.of(LEFT_OUT)[0].words


def test_a_script_gives_way_to_the_one_in_the_mailbox(mail: Path, place: Place):
    """The owner edited that one later, by ManageSieve; also while it is still to come with the mail."""
    scripts, report = planned(place, {ALICE: mail / "example.org" / "alice" / "home"})

    assert scripts == {}
    assert "another script" in report.of(LEFT_OUT)[0].words
