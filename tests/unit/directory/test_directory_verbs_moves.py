"""The verbs that end an account, bring it back or rename it, as they are typed."""

from collections.abc import Callable
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


def test_deleting_an_account_deletes_its_mail_once_its_address_is_typed(terminal: Callable[..., Said], alice_with_mail: Path):
    """What aliases lose by it is told."""
    said = terminal("account", "delete", "alice@example.org", answers=[("Type the address to go on: ", "Alice@example.org")])

    assert said.status == 0
    assert "alice@example.org and its mail are deleted" in said.out
    assert "sales@example.org no longer leads to alice@example.org; it had no other target and is deleted" in said.out
    assert not alice_with_mail.exists()


def test_another_answer_deletes_nothing(terminal: Callable[..., Said], alice_with_mail: Path, stored: Callable):
    """Least of all `yes`, which the fingers know by themselves."""
    said = terminal("account", "delete", "alice@example.org", answers=[("Type the address to go on: ", "yes")])

    assert said.status == 1
    assert "nothing was deleted" in said.out
    assert alice_with_mail.exists()
    assert len(stored().accounts) == 1


def test_nothing_is_deleted_unasked_where_nobody_can_be_asked(mailstead: Callable[..., Said], alice_with_mail: Path):
    """A script says --yes."""
    assert "add --yes" in mailstead("account", "delete", "alice@example.org").err
    assert alice_with_mail.exists()

    assert mailstead("account", "delete", "alice@example.org", "--yes", "--json").facts == {
        "address": "alice@example.org",
        "aliases": [{"address": "sales@example.org", "target": "alice@example.org", "deleted": True}],
    }
    assert not alice_with_mail.exists()


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
