"""Whose address is whose: who may send as what."""

from mailstead.directory import ROLES
from mailstead.directory.snapshot import Domain, Group, Pattern
from mailstead.settings import Settings
from support.projection import NET, ORG, person, projected, table

ALICE, BOB = person("alice@example.org"), person("bob@example.org")


def test_who_an_alias_leads_to_may_send_as_it(settings: Settings):
    """Followed through aliases and details, to the people who are here; an alias to elsewhere is nobody's."""
    links = {
        "all@example.org": ("sales@example.org", "bob+all@example.org"),
        "sales@example.org": ("alice@example.org", "carol@elsewhere.example"),
        "away@example.org": ("carol@elsewhere.example",),
    }
    senders = table(projected(settings, ALICE, BOB, aliases=links)["senders"])

    assert senders["all@example.org"] == "alice@example.org,bob@example.org"
    assert senders["sales@example.org"] == "alice@example.org"
    assert senders["alice@example.org"] == "alice@example.org"
    assert "away@example.org" not in senders


def test_the_postmaster_may_send_as_every_role(settings: Settings):
    """Who reads what is written to abuse answers as abuse."""
    senders = table(projected(settings)["senders"])

    assert {senders[f"{role}@example.net"] for role in ROLES} == {"postmaster@example.org"}


def test_whoever_gets_somebodys_forwarded_mail_is_not_that_somebody(settings: Settings):
    """Nor is he the owner of that somebody's aliases."""
    aliases = {"alice@example.org": ("bob@example.org",), "sales@example.org": ("alice@example.org",)}
    senders = table(projected(settings, ALICE, BOB, aliases=aliases)["senders"])

    assert senders["alice@example.org"] == senders["sales@example.org"] == "alice@example.org"


def test_a_group_is_nobodys(settings: Settings):
    """Not even by an alias of it; who shall send as a group is told so."""
    group = Group(address="team@example.org", members=("alice@example.org", "bob@example.org"))
    boss = person("boss@example.org", senders=("team@example.org", "boss@elsewhere.example"))
    aliases = {"crew@example.org": ("team@example.org",)}
    senders = table(projected(settings, ALICE, BOB, boss, groups=(group,), aliases=aliases)["senders"])

    assert senders["team@example.org"] == senders["boss@elsewhere.example"] == "boss@example.org"
    assert "crew@example.org" not in senders


def test_in_two_domains_that_are_one_both_logins_may_send_from_both(settings: Settings):
    """The account's address and its aliases, whichever login was typed."""
    alias = Domain(name="example.com", alias_of="example.org")
    aliases = {"sales@example.org": ("alice@example.org",)}
    senders = table(projected(settings, ALICE, domains=(alias, NET, ORG), aliases=aliases)["senders"])

    both = "alice@example.org,alice@example.com"
    addresses = ["alice@example.org", "alice@example.com", "sales@example.org", "sales@example.com"]
    assert {senders[address] for address in addresses} == {both}


def test_who_an_expression_leads_to_may_send_as_what_it_matches(settings: Settings):
    """One that leads elsewhere only is nobody's."""
    patterns = (
        Pattern(pattern="a.*", domain="example.org", targets=("sales@example.org", "x@elsewhere.example")),
        Pattern(pattern="b.*", domain="example.org", targets=("x@elsewhere.example",)),
    )
    files = projected(settings, ALICE, aliases={"sales@example.org": ("alice@example.org",)}, patterns=patterns)

    assert files["sender-patterns"] == ["if !/[+]/", r"/^(?:a.*)@example\.org$/ alice@example.org", "endif"]


def test_mail_of_ours_keeps_its_sender(settings: Settings):
    """That of our domains, of an address elsewhere that somebody was given, and what has none; all other mail is forwarded."""
    alice = person("alice@example.org", senders=("bob@example.org", "alice@partner.test"))

    assert table(projected(settings, alice)["own-senders"]) == {
        "<>": "smtp:",
        "@example.net": "smtp:",
        "@example.org": "smtp:",
        "@mail.example.org": "smtp:",
        "alice@partner.test": "smtp:",
    }
