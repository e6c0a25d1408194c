"""The mail of an account that goes: removed below /var/mail, and nowhere else."""

from pathlib import Path

import pytest

from mailstead.directory import DirectoryError, mailboxes

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
