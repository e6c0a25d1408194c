"""The verbs that end an account, bring it back or rename it, as they are typed."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mailstead.directory import Place
from support.typed import Said


@pytest.fixture
def alice_with_mail(mailstead: Callable[..., Said], place: Place) -> Path:
    """An account with mail, and an alias that leads to it; the folder of its mail."""
    mailstead("account", "add", "alice@example.org")
    mailstead("alias", "add", "sales@example.org", "alice@example.org")
    folder = place.mail / "example.org" / "alice"
    (folder / "Maildir").mkdir(parents=True)
    return folder


def test_a_deleted_account_can_come_back_with_its_mail(mailstead: Callable[..., Said], alice_with_mail: Path, stored: Callable):
    """For 30 days, unless told otherwise: with its password, its forwarding, and what led to it."""
    mailstead("account", "forward", "alice@example.org", "a@elsewhere.example")
    before = stored()
    (alice_with_mail / "Maildir" / "letter").write_text("dear Alice")

    said = mailstead("account", "delete", "alice@example.org")
    assert said.out.startswith("alice@example.org is deleted; its mail is kept for 30 days: mailstead account restore alice@")
    assert "sales@example.org no longer leads to alice@example.org; it had no other target and is deleted" in said.out
    assert not alice_with_mail.exists()
    (gone,) = mailstead("account", "list", "--deleted", "--json").facts
    assert gone["address"] == "alice@example.org"

    assert mailstead("account", "restore", "Alice@example.org").out.startswith("alice@example.org is back, with its mail")
    assert (alice_with_mail / "Maildir" / "letter").read_text() == "dear Alice"
    assert replace(stored(), counter=0) == replace(before, counter=0)
    assert mailstead("account", "list", "--deleted", "--json").facts == []
    assert "there is no deleted account alice@example.org" in mailstead("account", "restore", "alice@example.org").err


def test_the_last_of_two_deleted_accounts_comes_back(mailstead: Callable[..., Said], place: Place):
    """An address may be deleted, given to somebody else, and deleted again; each has its own mail."""
    for owner in ("first", "second"):
        mailstead("account", "add", "alice@example.org", "--name", owner)
        (place.mail / "example.org" / "alice").mkdir(parents=True)
        (place.mail / "example.org" / "alice" / "owner").write_text(owner)
        mailstead("account", "delete", "alice@example.org")

    assert mailstead("account", "restore", "alice@example.org").status == 0
    assert (place.mail / "example.org" / "alice" / "owner").read_text() == "second"
    assert "alice@example.org is there already" in mailstead("account", "restore", "alice@example.org").err


def test_mail_that_is_in_the_way_keeps_an_account_from_coming_back(mailstead: Callable[..., Said], alice_with_mail: Path):
    """Nothing is mixed, and nothing has happened."""
    mailstead("account", "delete", "alice@example.org")
    alice_with_mail.mkdir()

    assert "there is other mail in" in mailstead("account", "restore", "alice@example.org").err
    assert mailstead("account", "list", "--json").facts == []
    alice_with_mail.rmdir()
    assert mailstead("account", "restore", "alice@example.org").status == 0


def test_mail_is_deleted_for_good_once_the_address_is_typed(terminal: Callable[..., Said], alice_with_mail: Path):
    """Where none shall be kept. What aliases lose by it is told."""
    words = ("account", "delete", "alice@example.org", "--keep-mail", "0")
    said = terminal(*words, answers=[("Type the address to go on: ", "Alice@example.org")])

    assert said.status == 0
    assert "alice@example.org and its mail are deleted" in said.out
    assert "sales@example.org no longer leads to alice@example.org; it had no other target and is deleted" in said.out
    assert not alice_with_mail.exists()
    assert not (alice_with_mail.parents[1] / ".deleted").exists()


def test_another_answer_deletes_nothing(terminal: Callable[..., Said], alice_with_mail: Path, stored: Callable):
    """Least of all `yes`, which the fingers know by themselves."""
    words = ("account", "delete", "alice@example.org", "--keep-mail", "0")
    said = terminal(*words, answers=[("Type the address to go on: ", "yes")])

    assert said.status == 1
    assert "nothing was deleted" in said.out
    assert alice_with_mail.exists()
    assert len(stored().accounts) == 1


def test_nothing_is_deleted_for_good_where_nobody_can_be_asked(mailstead: Callable[..., Said], alice_with_mail: Path):
    """A script says --yes."""
    words = ("account", "delete", "alice@example.org", "--keep-mail", "0")
    assert "add --yes" in mailstead(*words).err
    assert alice_with_mail.exists()

    assert mailstead(*words, "--yes", "--json").facts == {
        "address": "alice@example.org",
        "aliases": [{"address": "sales@example.org", "target": "alice@example.org", "deleted": True}],
    }
    assert not alice_with_mail.exists()


@pytest.mark.parametrize("days", ["-1", "x", "", "1.5", "9999999999"])
def test_days_that_are_none_are_wrong_usage(mailstead: Callable[..., Said], days: str, capsys: pytest.CaptureFixture):
    """argparse's status 2, and what is allowed."""
    with pytest.raises(SystemExit) as ended:
        mailstead("account", "delete", "alice@example.org", f"--keep-mail={days}")

    assert ended.value.code == 2
    assert "is not accepted; allowed: a number from 1" in capsys.readouterr().err


def test_mail_that_a_cut_off_deletion_left_can_be_deleted(mailstead: Callable[..., Said], place: Place):
    """Else whoever gets the address next would find it."""
    folder = place.mail / "example.org" / "gone"
    folder.mkdir(parents=True)

    assert mailstead("account", "delete", "gone@example.org", "--yes").status == 0
    assert not folder.exists()
    assert "there is no account gone@example.org" in mailstead("account", "delete", "gone@example.org", "--yes").err


def test_an_account_whose_mail_leads_elsewhere_is_not_deleted(
    mailstead: Callable[..., Said], alice_with_mail: Path, stored: Callable
):
    """Neither the one nor the other: half a deletion would be worse."""
    alice_with_mail.rename(alice_with_mail.with_name("moved"))
    alice_with_mail.symlink_to("moved")
    said = mailstead("account", "delete", "alice@example.org", "--yes")

    assert said.status == 1
    assert "put that right by hand" in said.err
    assert len(stored().accounts) == 1


def test_the_postmaster_is_not_deleted_and_not_disabled(mailstead: Callable[..., Said]):
    """While MAIL_POSTMASTER, or its default, names it."""
    mailstead("account", "add", "postmaster@example.org")

    for words in (("delete", "postmaster@example.org", "--yes"), ("disable", "postmaster@example.org")):
        said = mailstead("account", *words)
        assert said.status == 1
        assert "MAIL_POSTMASTER" in said.err


def test_a_renamed_account_has_its_mail_and_what_led_to_it(
    mailstead: Callable[..., Said], alice_with_mail: Path, stored: Callable
):
    """A link stays for whoever is delivering just then. The old address is free, unless it goes on as an alias."""
    (alice_with_mail / "Maildir" / "letter").write_text("dear Alice")

    said = mailstead("account", "rename", "alice@example.org", "Alicia@example.org")
    assert said.out == "alice@example.org is now alicia@example.org\n"
    assert (alice_with_mail.with_name("alicia") / "Maildir" / "letter").read_text() == "dear Alice"
    assert (alice_with_mail / "Maildir" / "letter").read_text() == "dear Alice"
    assert stored().aliases == {"sales@example.org": ("alicia@example.org",)}

    said = mailstead("account", "rename", "alicia@example.org", "ally@example.org", "--keep-alias", "--json")
    assert said.facts == {"address": "ally@example.org", "old": "alicia@example.org", "alias": True}
    assert stored().aliases == {"alicia@example.org": ("ally@example.org",), "sales@example.org": ("ally@example.org",)}


def test_a_new_account_at_a_former_address_has_a_folder_of_its_own(mailstead: Callable[..., Said], alice_with_mail: Path):
    """The link is gone before anything is delivered there; mail for it is the new account's."""
    mailstead("account", "rename", "alice@example.org", "alicia@example.org")
    assert alice_with_mail.is_symlink()

    mailstead("account", "add", "alice@example.org")
    assert not alice_with_mail.is_symlink()


def test_an_account_renamed_and_back_is_where_it_was(mailstead: Callable[..., Said], alice_with_mail: Path):
    """Its own link is not in the way."""
    (alice_with_mail / "letter").write_text("dear Alice")
    for old, new in (("alice", "alicia"), ("alicia", "alice")):
        assert mailstead("account", "rename", f"{old}@example.org", f"{new}@example.org").status == 0

    assert (alice_with_mail / "letter").read_text() == "dear Alice"
    assert not alice_with_mail.is_symlink()


def test_an_account_is_not_renamed_over_other_mail(mailstead: Callable[..., Said], alice_with_mail: Path, stored: Callable):
    """The directory and the mail stay as they are."""
    alice_with_mail.with_name("alicia").mkdir()
    said = mailstead("account", "rename", "alice@example.org", "alicia@example.org")

    assert "there is other mail in" in said.err
    assert [one.address for one in stored().accounts] == ["alice@example.org"]
    assert not alice_with_mail.is_symlink()


def test_the_postmaster_is_renamed_only_if_its_address_stays(mailstead: Callable[..., Said]):
    """MAIL_POSTMASTER, or its default, names it."""
    mailstead("account", "add", "postmaster@example.org")

    assert "--keep-alias" in mailstead("account", "rename", "postmaster@example.org", "pat@example.org").err
    assert mailstead("account", "rename", "postmaster@example.org", "pat@example.org", "--keep-alias").status == 0
