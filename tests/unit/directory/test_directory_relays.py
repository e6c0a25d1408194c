"""Relays: by which server the mail of a domain leaves, with which login, and what is asked of it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import Connection

from mailstead.directory import PROJECTION, RELAYS, DirectoryError, Place, domains, relays, snapshot
from mailstead.directory.project import project
from mailstead.directory.snapshot import Domain, Relay, Snapshot
from mailstead.settings import Settings
from support.projection import projected, table
from support.typed import Said

ORG = Relay(domain="example.org", host="smtp.example.com", login="me", password="hunter 2: é")
NET = Relay(domain="example.net", host="relay.example.net", port=465, tls="encrypt")


def tables(settings: Settings, *found: Relay) -> dict[str, dict[str, str]]:
    """Return Postfix's tables of relays, for example.org, example.net, and example.com as an alias of example.org."""
    here = (Domain(name="example.com", alias_of="example.org"), Domain(name="example.net"), Domain(name="example.org"))
    made = projected(settings, domains=here, relays=found)
    return {name: table(made[name]) for name in (*RELAYS, "own-senders")}


def test_each_domain_leaves_by_its_own_relay(make_settings: Callable[..., Settings]):
    """By the transport for its port, with its own login; an alias of a domain by that domain's."""
    made = tables(make_settings(relay_host="smtp.provider.example"), ORG, NET)

    assert made["own-senders"] == {
        "@example.org": "smarthost:[smtp.example.com]:587",
        "@example.com": "smarthost:[smtp.example.com]:587",
        "@example.net": "smarthosts:[relay.example.net]:465",
        "@mail.example.test": "smarthost:",
        "<>": "smarthost:",
    }
    assert made["relay-logins"] == {"@example.org": "me:hunter 2: é", "@example.com": "me:hunter 2: é"}
    assert made["relay-tls"] == {
        "[smtp.example.com]:587": "secure match=nexthop",
        "[relay.example.net]:465": "encrypt",
        "[smtp.provider.example]:587": "may",
    }


def test_bounces_leave_as_the_postmasters_mail_does(make_settings: Callable[..., Settings]):
    """They have no sender, and with no relay for everybody they would wait for a port that is blocked."""
    settings = make_settings(domains="example.org")

    made = tables(settings, ORG)
    assert made["own-senders"]["<>"] == "smarthost:[smtp.example.com]:587"
    assert made["relay-logins"]["[smtp.example.com]:587"] == "me:hunter 2: é"
    for_all = make_settings(domains="example.org", relay_host="smtp.provider.example", relay_port="465")
    assert tables(for_all, ORG)["own-senders"]["<>"] == "smarthosts:"
    assert tables(settings, NET)["own-senders"]["<>"] == "smtp:"


def test_two_at_one_relay_get_what_the_stricter_asks_for(make_settings: Callable[..., Settings]):
    """Postfix asks by the server alone: a login of one must not go where the other would take any certificate."""
    lax = Relay(domain="example.net", host=ORG.host, tls="opportunistic")

    assert tables(make_settings(), lax, ORG)["relay-tls"] == {"[smtp.example.com]:587": "secure match=nexthop"}
    signed_in = make_settings(relay_host=ORG.host, relay_user="all", relay_password="hunter3")
    assert tables(signed_in, lax)["relay-tls"] == {"[smtp.example.com]:587": "secure match=nexthop"}


def test_only_root_reads_the_passwords_and_they_are_never_shown(settings: Settings):
    """Neither the file, nor what is logged of a relay, has them for others."""
    now = Snapshot(counter=0, domains=(Domain(name="example.org"),), relays=(ORG,))
    tree = project(now, settings)

    secret = {Path(path).name for path, file in tree.items() if file.secret and file.mode == 0o600}
    assert secret.intersection(RELAYS) == {"relay-logins"}
    assert tree[f"{PROJECTION}/relay-logins"].text == "@example.org me:hunter 2: é\n[smtp.example.com]:587 me:hunter 2: é\n"
    assert "hunter" not in repr(now)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"login": "me"}, "go together"),
        ({"login": "a:b", "password": "x"}, "holds a colon"),
        ({"login": "me", "password": "x", "tls": "encrypt"}, "allowed with it: verify"),
        ({"login": "me", "password": "x\ty"}, "up to 255 characters on one line"),
        ({"login": "me", "password": " x"}, "no blank at either end"),
    ],
)
def test_what_postfix_could_not_use_is_refused(connection: Connection, words: dict[str, str], said: str):
    """The sentence says what is allowed, and never the password."""
    with pytest.raises(DirectoryError, match=said):
        relays.set(connection, Relay(domain="example.org", host="smtp.example.com", **words))


def test_a_relay_is_replaced_and_goes_with_its_domain(connection: Connection):
    """A domain has one; a domain that is not here has none."""
    assert relays.set(connection, NET) is True
    assert relays.set(connection, Relay(domain="example.net", host="other.example.net")) is False
    assert [one.host for one in snapshot.relays(connection)] == ["other.example.net"]
    domains.delete(connection, "example.net", settings_domains=[])
    assert snapshot.relays(connection) == ()
    with pytest.raises(DirectoryError, match="there is no domain"):
        relays.set(connection, NET)


def test_relays_are_added_listed_and_deleted(mailstead: Callable[..., Said], place: Place):
    """The password comes by standard input or a file; no listing has it, nor the audit."""
    options = ("--login", "me", "--password-stdin", "--sender", "Org@gmail.example")
    added = mailstead("relay", "add", "Example.org", "SMTP.example.com", *options, typed_in=b"hunter2\n")

    assert added.out == (
        "mail from example.org leaves by smtp.example.com, port 587; try it: mailstead relay test example.org\n"
    )
    assert mailstead("relay", "list").out == (
        "DOMAIN       RELAY                 TLS     LOGIN  SENDER\n"
        "example.org  smtp.example.com:587  verify  me     Org@gmail.example\n"
    )
    assert "@example.org me:hunter2\n" in (place.projection / "relay-logins").read_text()
    modes = {file.name: file.stat().st_mode & 0o777 for file in place.projection.glob("relay-*")}
    assert {name for name, mode in modes.items() if mode == 0o600} == {"relay-logins", "relay-logins.cdb"}
    for verb in (("relay", "list", "--json"), ("audit", "--json")):
        assert "hunter2" not in mailstead(*verb).out
    assert mailstead("relay", "delete", "example.org").status == 0
    assert (place.projection / "relay-logins").read_text() == ""
    assert "has no relay of its own" in mailstead("relay", "delete", "example.org").err


def test_a_login_without_a_password_changes_nothing(mailstead: Callable[..., Said]):
    """Where nobody is at the terminal, the words say how to give it."""
    said = mailstead("relay", "add", "example.org", "smtp.example.com", "--login", "me")

    assert said.status == 1
    assert "--password-file FILE, or --password-stdin; nothing was changed" in said.err
    assert mailstead("relay", "list", "--json").facts == []


def test_a_file_declares_relays_and_an_export_has_them(mailstead: Callable[..., Said]):
    """What differs is told without the password; what is no longer declared goes with --prune."""
    text = b"relays:\n  example.org: {host: smtp.example.com, port: 465, login: me, password: 'hunter2'}\n"
    apply = ("apply", "-")

    assert mailstead(*apply, typed_in=text).out == (
        "+ relay example.org: host smtp.example.com, port 465, login me\n"
    )
    exported = mailstead("export").out
    assert mailstead(*apply, typed_in=exported.encode()).out.startswith("nothing to do")
    changed = mailstead(*apply, typed_in=text.replace(b"hunter2", b"hunter3")).out
    assert changed.startswith("~ relay example.org: new password\n")
    assert mailstead(*apply, "--prune", typed_in=b"relays: {}\n").out == "- relay example.org\n"
    assert "it has no host" in mailstead(*apply, typed_in=b"relays: {example.org: {port: 25}}\n").err
