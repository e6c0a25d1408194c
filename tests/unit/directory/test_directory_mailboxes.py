"""The folders of accounts that go, come back or are renamed: below /var/mail, and nowhere else."""

import errno
import os
from pathlib import Path

import pytest

from mailstead.directory import DirectoryError, Place, mailboxes

ALICE = "alice@example.org"


@pytest.fixture
def mail(tmp_path: Path) -> Path:
    """A /var/mail with some of Alice's mail and some of Bob's."""
    for name in ("alice", "bob"):
        (tmp_path / "mail" / "example.org" / name / "Maildir" / "cur").mkdir(parents=True)
        (tmp_path / "mail" / "example.org" / name / "Maildir" / "cur" / "1").write_text(f"To: {name}\n")
    return tmp_path / "mail"


def names(folder: Path) -> list[str]:
    """Return what is in a folder."""
    return sorted(one.name for one in folder.iterdir())


def test_the_mail_of_one_account_is_removed(mail: Path):
    """All of it, and nobody else's."""
    mailboxes.remove(mail, ALICE)

    assert names(mail / "example.org") == ["bob"]


def test_an_account_that_never_had_mail_leaves_nothing_to_remove(mail: Path):
    """Nor does a domain without any."""
    mailboxes.remove(mail, "carol@example.org")
    mailboxes.remove(mail, "carol@example.net")

    assert names(mail / "example.org") == ["alice", "bob"]


def test_what_an_earlier_removal_left_goes_with_the_next(mail: Path):
    """It was killed half way."""
    (mail / "example.org" / "alice").rename(mail / "example.org" / ".alice.deleted")
    (mail / "example.org" / "alice").mkdir()
    mailboxes.remove(mail, ALICE)

    assert names(mail / "example.org") == ["bob"]


@pytest.mark.parametrize("link", ["example.org", "example.org/alice"])
def test_a_link_out_of_the_mail_folder_is_not_followed(mail: Path, tmp_path: Path, link: str):
    """What it leads to stays, and the refusal says where that is."""
    elsewhere = tmp_path / "elsewhere"
    (mail / link).rename(elsewhere)
    (mail / link).symlink_to(elsewhere)

    with pytest.raises(DirectoryError, match=r"elsewhere.*put that right by hand"):
        mailboxes.remove(mail, ALICE)
    assert names(elsewhere) != []


def test_a_link_inside_the_mail_is_removed_and_not_followed(mail: Path, tmp_path: Path):
    """Whoever made it."""
    (tmp_path / "precious").write_text("stays")
    (mail / "example.org" / "alice" / "link").symlink_to(tmp_path)
    mailboxes.remove(mail, ALICE)

    assert (tmp_path / "precious").read_text() == "stays"


def test_the_mail_folder_itself_may_be_reached_by_a_link(mail: Path, tmp_path: Path):
    """An owner who keeps /var/mail on another disk is not hindered."""
    (tmp_path / "link").symlink_to(mail)
    mailboxes.remove(tmp_path / "link", ALICE)

    assert names(mail / "example.org") == ["bob"]


@pytest.fixture
def here(mail: Path) -> Place:
    """A place with that mail."""
    return Place(mail=mail, owned=False)


def letters(mail: Path, name: str) -> str:
    """Return what is in somebody's mailbox."""
    return (mail / "example.org" / name / "Maildir" / "cur" / "1").read_text()


def test_mail_is_kept_and_brought_back(here: Place, mail: Path):
    """Out of the way of whoever gets the address next."""
    mailboxes.keep(here, ALICE, "alice@example.org.1")
    assert names(mail / "example.org") == ["bob"]
    assert names(mail / ".deleted") == ["alice@example.org.1"]

    mailboxes.bring_back(here, "alice@example.org.1", ALICE)
    assert letters(mail, "alice") == "To: alice\n"
    assert names(mail / ".deleted") == []


def test_an_account_without_mail_is_kept_and_brought_back_without(here: Place, mail: Path):
    """Nothing is made for it."""
    mailboxes.keep(here, "carol@example.org", "carol@example.org.1")
    mailboxes.bring_back(here, "carol@example.org.1", "carol@example.org")

    assert names(mail) == ["example.org"]


def test_kept_mail_is_removed_for_good(here: Place, mail: Path):
    """Twice is like once."""
    mailboxes.keep(here, ALICE, "alice@example.org.1")
    for _ in range(2):
        mailboxes.remove_kept(mail, "alice@example.org.1")

    assert names(mail / ".deleted") == []


@pytest.mark.parametrize("supported", [True, False], ids=["exchange", "no exchange"])
@pytest.mark.parametrize("new", ["alicia@example.org", "alice@example.net"])
def test_renamed_mail_is_at_both_places(
    here: Place, mail: Path, monkeypatch: pytest.MonkeyPatch, new: str, supported: bool
):
    """For whoever delivers just then; the folder is at the new one, the link at the old. Also where renameat2 cannot."""
    if not supported:
        monkeypatch.setattr(mailboxes, "_RENAME_EXCHANGE", 1 << 20)  # no flag the kernel knows: EINVAL
    open_letter = (mail / "example.org" / "alice" / "Maildir" / "cur" / "1").open()
    mailboxes.rename(here, ALICE, new)

    local, _, domain = new.partition("@")
    assert (mail / domain / local / "Maildir" / "cur" / "1").read_text() == letters(mail, "alice") == open_letter.read()
    assert (mail / "example.org" / "alice").is_symlink()
    assert not (mail / domain / local).is_symlink()


def test_an_account_that_never_had_mail_can_be_renamed(here: Place, mail: Path):
    """What is delivered to the old place meanwhile is at the new one."""
    mailboxes.rename(here, "carol@example.org", "carola@example.org")
    (mail / "example.org" / "carol" / "letter").write_text("x")

    assert (mail / "example.org" / "carola" / "letter").exists()


def test_a_rename_that_was_not_committed_is_taken_back_by_the_next(here: Place, mail: Path):
    """To whatever name it goes."""
    mailboxes.rename(here, ALICE, "alicia@example.org")
    mailboxes.rename(here, ALICE, "ally@example.org")

    assert names(mail / "example.org") == ["alice", "ally", "bob"]
    assert letters(mail, "ally") == letters(mail, "alice") == "To: alice\n"


def test_mail_is_not_renamed_over_other_mail(here: Place, mail: Path):
    """Nothing has moved."""
    with pytest.raises(DirectoryError, match=r"there is other mail in .*bob already"):
        mailboxes.rename(here, ALICE, "bob@example.org")
    assert [letters(mail, "alice"), letters(mail, "bob")] == ["To: alice\n", "To: bob\n"]


def test_an_owners_own_link_is_never_taken_away(here: Place, mail: Path, tmp_path: Path):
    """Ours say where they lead from where they are, his from the root on."""
    (mail / "example.org" / "alice").rename(tmp_path / "disk")
    (mail / "example.org" / "alice").symlink_to(tmp_path / "disk")
    mailboxes.unlink(mail, ALICE)

    assert letters(mail, "alice") == "To: alice\n"
    with pytest.raises(DirectoryError, match="put that right by hand"):
        mailboxes.rename(here, ALICE, "alicia@example.org")


def test_a_link_goes_after_a_day(here: Place, mail: Path):
    """By then nobody delivers there any more."""
    mailboxes.rename(here, ALICE, "alicia@example.org")
    place = mail / "example.org" / "alice"
    mailboxes.unlink_old(mail, ALICE)
    assert place.is_symlink()

    day_ago = place.lstat().st_mtime - 86401
    os.utime(place, (day_ago, day_ago), follow_symlinks=False)
    mailboxes.unlink_old(mail, ALICE)
    assert not place.is_symlink()
    assert letters(mail, "alicia") == "To: alice\n"


def test_a_disk_that_fails_is_not_taken_for_one_that_cannot_exchange(here: Place, mail: Path, monkeypatch: pytest.MonkeyPatch):
    """The error is told, and the mail is where it was."""
    monkeypatch.setattr(mailboxes.ctypes, "get_errno", lambda: errno.EIO)
    monkeypatch.setattr(mailboxes, "_RENAME_EXCHANGE", 1 << 20)

    with pytest.raises(OSError, match="Input/output error"):
        mailboxes.rename(here, ALICE, "alicia@example.org")
    assert letters(mail, "alice") == "To: alice\n"
    assert names(mail / "example.org") == ["alice", "bob"]
