"""The verbs of the directory beside those of accounts, as they are typed."""

from collections.abc import Callable

import pytest

from mailstead.declare import SettingsError
from mailstead.directory import Place, passwords
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


def test_a_domain_shows_its_limits_and_what_it_has(mailstead: Callable[..., Said]):
    """And who its postmaster is; each can be taken back."""
    mailstead("domain", "add", "example.net", "--null")
    mailstead("account", "add", "alice@example.net", "--quota", "2G")
    assert mailstead("domain", "limit", "example.net", "--accounts", "5", "--quota", "10G").status == 0
    assert mailstead("domain", "set", "example.net", "--null", "no", "--postmaster", "alice@example.net").status == 0
    assert mailstead("domain", "catch-all", "example.net", "alice@example.net").status == 0
    assert mailstead("domain", "show", "Example.net").out == (
        "domain         example.net\n"
        "receives mail  yes\n"
        "accounts       1 of 5\n"
        "quota          2G of 10G\n"
        "postmaster     alice@example.net\n"
        "catch-all      alice@example.net\n"
    )

    mailstead("domain", "limit", "example.net", "--accounts", "none", "--quota", "none")
    mailstead("domain", "set", "example.net", "--postmaster", "none")
    mailstead("domain", "catch-all", "example.net", "none")
    shown = mailstead("domain", "show", "example.net", "--json").facts
    assert (shown["most_accounts"], shown["total_quota"], shown["postmaster"], shown["catch_all"]) == (None,) * 4
    assert "say what to limit" in mailstead("domain", "limit", "example.net").err


def test_a_domain_that_becomes_full_keeps_its_last_account_out(mailstead: Callable[..., Said]):
    """The sentence says which limit it is, and no password is shown."""
    mailstead("domain", "limit", "example.org", "--accounts", "1")
    mailstead("account", "add", "alice@example.org")
    said = mailstead("account", "add", "bob@example.org")

    assert (said.status, said.out) == (1, "")
    assert said.err == "example.org may have at most 1 account; this would make 2\n"


def test_groups_are_made_shown_and_deleted(mailstead: Callable[..., Said]):
    """Members come and go by the same two verbs."""
    mailstead("account", "add", "alice@example.org")
    add = ("group", "add", "Team@example.org", "--member", "alice@example.org", "--member", "d@elsewhere.example")
    assert mailstead(*add, "--post", "members", "--list-id", "yes", "--reply-to", "team@example.org").out == (
        "team@example.org has 2 members; new: alice@example.org, d@elsewhere.example\n"
    )
    assert mailstead(*add, "--json").facts == {"address": "team@example.org", "added": []}
    assert mailstead("group", "list").out == (
        "ADDRESS           MEMBERS  WHO MAY POST\nteam@example.org  2        members\n"
    )
    assert mailstead("group", "show", "team@example.org").out == (
        "address       team@example.org\n"
        "members       alice@example.org, d@elsewhere.example\n"
        "who may post  members\n"
        "List-Id       yes\n"
        "Reply-To      team@example.org\n"
    )
    assert mailstead("group", "delete", "team@example.org", "--member", "alice@example.org").out == (
        "team@example.org no longer leads to alice@example.org\n"
    )
    assert mailstead("group", "add", "team@example.org", "--reply-to", "none").status == 0
    assert mailstead("group", "show", "team@example.org", "--json").facts["reply_to"] is None
    assert mailstead("group", "delete", "team@example.org").out == "team@example.org is deleted\n"
    assert "there is no group" in mailstead("group", "show", "team@example.org").err


def test_expressions_are_aliases_and_come_last(mailstead: Callable[..., Said]):
    """With a word for it."""
    mailstead("account", "add", "alice@example.org")
    mailstead("alias", "add", "z@example.org", "alice@example.org")
    add = ("alias", "add", "--regexp", "a[0-9]+@example.org", "alice@example.org")
    assert mailstead(*add).out == "a[0-9]+@example.org now leads to alice@example.org\n"

    assert mailstead("alias", "list").out == (
        "ADDRESS                           LEADS TO\n"
        "z@example.org                     alice@example.org\n"
        "a[0-9]+@example.org (expression)  alice@example.org\n"
    )
    assert mailstead("alias", "delete", "--regexp", "a[0-9]+@example.org").status == 0
    assert len(mailstead("alias", "list", "--json").facts) == 1


def test_an_app_password_is_all_that_is_printed(mailstead: Callable[..., Said], stored: Callable):
    """It is the one that works; with --json it is one of the facts; the list has its name only."""
    mailstead("account", "add", "alice@example.org")
    secret = mailstead("app-password", "add", "alice@example.org", "Alice's phone").out.strip()
    facts = mailstead("app-password", "add", "alice@example.org", "laptop", "--scope", "read", "--json").facts

    ((phone, laptop),) = [one.app_passwords for one in stored().accounts]
    assert passwords.crypt(secret, phone.password_hash) == phone.password_hash
    assert passwords.crypt(facts["password"], laptop.password_hash) == laptop.password_hash
    listed = mailstead("app-password", "list", "alice@example.org")
    assert [line.split()[-1] for line in listed.out.splitlines()] == ["USED", "never", "never"]
    assert secret not in listed.out
    names = [(one["name"], one["scope"]) for one in mailstead("app-password", "list", "alice@example.org", "--json").facts]
    assert names == [("Alice's phone", "both"), ("laptop", "read")]
    assert mailstead("app-password", "revoke", "alice@example.org", "laptop").status == 0
    assert "has no app password laptop" in mailstead("app-password", "revoke", "alice@example.org", "laptop").err


def test_the_audit_shows_the_last_changes(mailstead: Callable[..., Said], monkeypatch: pytest.MonkeyPatch):
    """As a table or as JSON."""
    monkeypatch.setenv("MAILSTEAD_ACTOR", "petra")
    mailstead("domain", "add", "example.com")
    mailstead("domain", "delete", "example.com")

    lines = mailstead("audit", "--last", "2").out.splitlines()
    assert [line.split("  ")[-1].strip() for line in lines] == ["WHAT", "example.com is added", "example.com is deleted"]
    assert all("petra (cli)" in line for line in lines[1:])
    assert [one["action"] for one in mailstead("audit", "--json").facts][-2:] == ["domain add", "domain delete"]


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
