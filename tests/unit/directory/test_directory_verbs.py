"""The verbs of the directory beside those of accounts, as they are typed."""

from collections.abc import Callable

import pytest

from mailstead.declare import SettingsError
from mailstead.directory import Place
from support.typed import Said


def test_aliases_are_added_listed_and_deleted(mailstead: Callable[..., Said]):
    """Adding what is there changes nothing and is no error."""
    mailstead("account", "add", "alice@example.org")
    add = ("alias", "add", "Sales@example.org", "alice@example.org", "carol@elsewhere.example")

    assert mailstead(*add).out == "sales@example.org now leads to alice@example.org, carol@elsewhere.example\n"
    assert mailstead(*add).out == "sales@example.org leads there already\n"
    assert mailstead("alias", "list").out == (
        "ADDRESS            LEADS TO\nsales@example.org  alice@example.org, carol@elsewhere.example\n"
    )
    assert mailstead("alias", "delete", "sales@example.org", "carol@elsewhere.example").status == 0
    assert mailstead("alias", "list", "--json").facts == [
        {"address": "sales@example.org", "targets": ["alice@example.org"], "regexp": False}
    ]
    assert mailstead("alias", "delete", "sales@example.org").status == 0
    assert mailstead("alias", "delete", "sales@example.org").status == 1


def test_domains_are_added_listed_and_deleted(mailstead: Callable[..., Said]):
    """Adding what is there changes nothing; one that MAIL_DOMAINS names stays."""
    assert mailstead("domain", "add", "Example.com", "--json").facts == {"domain": "example.com", "added": True}
    assert mailstead("domain", "add", "example.com", "--json").facts == {"domain": "example.com", "added": False}
    assert mailstead("domain", "alias", "example.info", "Example.com").status == 0
    assert mailstead("domain", "list").out == (
        "DOMAIN        ALIAS OF     RECEIVES\n"
        "example.com                yes\n"
        "example.info  example.com  yes\n"
        "example.org                yes\n"
    )
    assert mailstead("domain", "delete", "example.info").status == 0
    assert mailstead("domain", "delete", "example.com").out == "example.com is deleted\n"
    assert "MAIL_DOMAINS names example.org" in mailstead("domain", "delete", "example.org").err


def test_project_writes_what_is_not_current(mailstead: Callable[..., Said], place: Place):
    """And nothing where all is well."""
    assert mailstead("project", "--json").facts == {"written": False}
    (place.projection / "counter").unlink()
    assert mailstead("project").out == "written\n"
    assert mailstead("project").out == "nothing to do\n"


def test_wrong_settings_are_the_settings_report(mailstead: Callable[..., Said], monkeypatch: pytest.MonkeyPatch):
    """A projection made from half understood settings would be worse than none."""
    monkeypatch.setenv("MAIL_DOMANIS", "example.org")

    with pytest.raises(SettingsError):
        mailstead("domain", "list")


def test_every_verb_has_a_line_of_help(mailstead: Callable[..., Said], capsys: pytest.CaptureFixture):
    """Which is the first of its docstring."""
    lines = {"account": "Make an account", "alias": "Let an address lead to others", "domain": "Accept and keep the mail"}
    lines |= {"group": "Make a group", "app-password": "Make a password for one program"}
    for noun, line in lines.items():
        with pytest.raises(SystemExit):
            mailstead(noun, "add", "--help")
        assert line in capsys.readouterr().out
