"""`mailstead dns` on a directory: which domains it speaks of, its forms, its refusals. Nothing leaves this machine."""

import io
import json
from argparse import Namespace
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailstead import certs
from mailstead.certs import Store, keys
from mailstead.certs.acme.ledger import PLACE, Ledger
from mailstead.cli import dns
from mailstead.directory import DirectoryError, Place
from mailstead.dns import asking, gather
from mailstead.settings import Settings
from support.typed import Said


@pytest.fixture
def owner(mailstead: Callable[..., Said], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Type a command as the owner of mail.example.org, whose public address is in the settings."""
    monkeypatch.setenv("MAIL_PUBLIC_ADDRESS", "203.0.114.10")
    return mailstead


def test_programs_are_told_seven_things_of_each_record(owner: Callable[..., Said]):
    """By names that stay; nothing was looked for yet."""
    found = owner("dns", "--json").facts

    assert {tuple(one) for one in found} == {("name", "type", "ttl", "value", "level", "reason", "status")}
    assert {one["status"] for one in found} == {"unchecked"}
    assert {one["level"] for one in found} == {"required", "recommended"}
    assert ["mail.example.org", "A", "203.0.114.10"] in [[one["name"], one["type"], one["value"]] for one in found]


def test_certificate_and_ca_are_those_of_the_store(mailstead: Callable[..., Said], place: Place, tmp_path: Path):
    """The key in service and the prepared one; the CA and the account of the last order, while that CA is still the one asked."""
    words = {"MAIL_TLS": "acme", "MAIL_ACME_EMAIL": "a@example.org", "MAIL_ACME_SERVER": "https://ca.test/dir"}
    settings = Settings.read(words | {"MAIL_HOSTNAME": "mail.example.org", "MAIL_PUBLIC_ADDRESS": "203.0.114.10"})
    store, now = Store(tmp_path / "certificates"), datetime.now(UTC)
    served = certs.ensure(settings, store, now)
    following = keys.prepare(store)
    ledger = Ledger(server=settings.acme_server).ordered(int(now.timestamp()), "https://ca.test/account/1", "ca.test")
    ledger.keep(store.place / PLACE)
    facts = gather(settings, place, store)

    assert list(facts.digests) == [served.spki_sha256, keys.spki_sha256(following)]
    assert (facts.issuer, facts.account) == ("ca.test", "https://ca.test/account/1")
    replace(ledger, server="https://other.test/dir").keep(store.place / PLACE)
    assert gather(settings, place, store).issuer == ""


def test_the_domains_are_those_of_the_directory(owner: Callable[..., Said]):
    """Aliases among them, and such that have no mail."""
    owner("domain", "add", "quiet.net", "--null")
    owner("domain", "add", "alias.net")
    owner("domain", "alias", "alias.net", "example.org")
    exchangers = {one["name"]: one["value"] for one in owner("dns", "--json").facts if one["type"] == "MX"}

    assert exchangers["alias.net"] == exchangers["example.org"] == "10 mail.example.org."
    assert exchangers["quiet.net"] == "0 ."
    assert {one["name"] for one in owner("dns", "quiet.net", "--json").facts} == {"quiet.net", "_dmarc.quiet.net"}


@pytest.mark.parametrize("typed", ["example.com", "mail.example.org", "*", ""])
def test_a_domain_that_is_not_here_is_refused(owner: Callable[..., Said], typed: str):
    """With those that are."""
    said = owner("dns", typed)

    assert (said.status, said.out) == (1, "")
    assert f'"{typed}" is no domain of this server; allowed: one of example.org' in said.err


def test_each_form_is_printed_alone(owner: Callable[..., Said]):
    """So that it can be piped into a file."""
    assert "example.org. 3600 IN MX 10 mail.example.org.\n" in owner("dns", "EXAMPLE.org.", "--zone").out
    assert owner("dns", "--octodns").out.startswith("---\n# example.org.yaml\n")
    assert owner("dns", "--policy").out.startswith("version: STSv1\r\nmode: enforce\r\n")
    assert "@                              MX     10 mail.example.org." in owner("dns").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--zone", "--octodns"], "not allowed with"),
        (["--check", "--publish"], "not allowed with"),
        (["--publish", "--json"], "--publish prints a diff"),
        (["--check", "--zone"], "--check prints"),
        (["--json", "--policy"], "not allowed with"),
        (["--yes"], "--yes and --replace go with --publish"),
        (["--resolver", "localhost"], "an IPv4 or IPv6 address"),
    ],
)
def test_what_does_not_go_together_is_a_usage_error(
    owner: Callable[..., Said], words: list[str], said: str, capsys: pytest.CaptureFixture
):
    """Nothing is printed or changed then."""
    with pytest.raises(SystemExit) as ended:
        owner("dns", *words)

    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_without_a_server_nothing_can_be_published(owner: Callable[..., Said]):
    """And what to type is said."""
    said = owner("dns", "--publish", "--yes")

    assert (said.status, said.out) == (1, "")
    assert "Example: MAIL_DNS_SERVER=192.0.2.53" in said.err


@pytest.mark.parametrize(("answer", "goes_on"), [("yes", True), ("YES ", True), ("no", False), ("y", False), ("", False)])
def test_the_owner_is_asked_before_anything_is_published(answer: str, goes_on: bool, monkeypatch: pytest.MonkeyPatch):
    """At a terminal, after the diff; anything but yes changes nothing."""
    terminal = io.StringIO(f"{answer}\n")
    terminal.isatty = lambda: True
    monkeypatch.setattr("sys.stdin", terminal)

    with nullcontext() if goes_on else pytest.raises(DirectoryError, match="nothing was changed"):
        dns.confirm(Namespace(yes=False))


def test_where_nobody_answers_nothing_is_right(owner: Callable[..., Said], monkeypatch: pytest.MonkeyPatch):
    """Each record is unreachable, which is wrong for those that are required; and nobody waits for each of them."""
    monkeypatch.setattr(asking, "LONGEST", 0.2)
    said = owner("dns", "--check", "--json", "--resolver", "127.0.0.9")

    assert said.status == 1
    assert {one["status"] for one in json.loads(said.out)} == {"unreachable"}
