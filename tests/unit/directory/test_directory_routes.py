"""Where mail goes: every address, every expression, every domain."""

import re
from collections.abc import Callable

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mailstead.directory import ROLES
from mailstead.directory.snapshot import Domain, Group, Pattern
from mailstead.settings import Settings
from support.projection import NET, ORG, person, projected, table

ALIAS = Domain(name="example.com", alias_of="example.org")
SETTINGS_STAY = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_mailbox_leads_to_itself(settings: Settings):
    """In the one table of all addresses: it exists, and nothing else swallows its mail."""
    assert table(projected(settings, person("alice@example.org"))["addresses"])["alice@example.org"] == "alice@example.org"


def test_role_addresses_reach_the_postmaster_in_every_domain_and_at_the_server(settings: Settings):
    """RFC 2142 and RFC 5321, 4.5.1."""
    at = [f"{role}@{domain}" for role in ROLES for domain in ("example.org", "example.net", "mail.example.org")]

    assert table(projected(settings)["addresses"]) == {address: "postmaster@example.org" for address in at}


def test_a_domain_may_have_a_postmaster_of_its_own(settings: Settings):
    """The other domains keep the server's."""
    net = Domain(name="example.net", postmaster="bob@example.net")
    addresses = table(projected(settings, person("bob@example.net"), domains=(net, ORG))["addresses"])

    assert {addresses[f"{role}@example.net"] for role in ROLES} == {"bob@example.net"}
    assert addresses["abuse@example.org"] == "postmaster@example.org"


def test_a_real_account_alias_or_group_at_a_role_address_comes_first(settings: Settings):
    """Who makes one wants its mail there; an empty group takes none."""
    alice = person("abuse@example.org")
    others = {"aliases": {"root@example.org": ("abuse@example.org",)}, "groups": (Group(address="abuse@example.net"),)}
    addresses = table(projected(settings, alice, **others)["addresses"])

    assert addresses["abuse@example.org"] == "abuse@example.org"
    assert addresses["root@example.org"] == "abuse@example.org"
    assert "abuse@example.net" not in addresses


def test_the_postmaster_may_be_an_alias(make_settings: Callable[..., Settings]):
    """Its people then get the mail for postmaster and abuse; nothing leads to itself."""
    settings = make_settings(hostname="mail.example.org", domains="example.org", postmaster="abuse@example.org")
    aliases = {"abuse@example.org": ("alice@example.org",)}
    files = projected(settings, person("alice@example.org"), aliases=aliases)

    assert table(files["addresses"])["abuse@example.org"] == "alice@example.org"
    assert table(files["addresses"])["root@example.net"] == "abuse@example.org"
    assert "abuse@example.org" not in table(projected(settings)["addresses"])


def test_mail_is_forwarded_with_or_without_a_copy(settings: Settings):
    """With one the mailbox is among the targets; without any target the mail stays, whatever was said about copies."""
    people = [
        person("alice@example.org"),
        person("bob@example.org", keeps_copy=False),
        person("carol@example.org", keeps_copy=False),
    ]
    aliases = {"alice@example.org": ("a@elsewhere.example",), "bob@example.org": ("b@elsewhere.example", "alice@example.org")}
    addresses = table(projected(settings, *people, aliases=aliases)["addresses"])

    assert addresses["alice@example.org"] == "alice@example.org,a@elsewhere.example"
    assert addresses["bob@example.org"] == "b@elsewhere.example,alice@example.org"
    assert addresses["carol@example.org"] == "carol@example.org"


def test_a_group_leads_to_its_members(settings: Settings):
    """Groups in it are followed by Postfix itself."""
    groups = (
        Group(address="all@example.org", members=("team@example.org", "x@elsewhere.example")),
        Group(address="team@example.org", members=("alice@example.org",)),
    )
    addresses = table(projected(settings, person("alice@example.org"), groups=groups)["addresses"])

    assert addresses["all@example.org"] == "team@example.org,x@elsewhere.example"
    assert addresses["team@example.org"] == "alice@example.org"


def test_every_address_of_a_domain_is_in_its_alias_and_no_other_is(settings: Settings):
    """One line each, roles, aliases and groups too; a line for the whole domain would take mail for anybody."""
    fields = {
        "domains": (ALIAS, NET, ORG),
        "aliases": {"sales@example.org": ("alice@example.org",), "info@example.net": ("alice@example.org",)},
        "groups": (Group(address="team@example.org", members=("alice@example.org",)),),
    }
    files = projected(settings, person("alice@example.org"), **fields)

    theirs = {key: value for key, value in table(files["addresses"]).items() if key.endswith("@example.com")}
    locals_ = ["alice", "sales", "team", *ROLES]
    assert theirs == {f"{local}@example.com": f"{local}@example.org" for local in locals_}
    assert "example.com OK" in files["domains"]


def test_a_catch_all_comes_after_every_address(settings: Settings):
    """`@example.org` is what Postfix asks last; in an alias of the domain too."""
    org = Domain(name="example.org", catch_all="alice@example.org")
    addresses = table(projected(settings, person("alice@example.org"), domains=(ALIAS, NET, org))["addresses"])

    assert addresses["@example.org"] == addresses["@example.com"] == "alice@example.org"
    assert "@example.net" not in addresses
    assert addresses["alice@example.org"] == "alice@example.org"


def test_a_null_domain_takes_mail_for_its_postmaster_only(settings: Settings):
    """Nobody else is known there, whatever accounts and aliases it has; nor in its alias, nor by a catch-all or expression."""
    null = Domain(name="example.org", receives=False, catch_all="bob@example.net")
    fields = {
        "domains": (ALIAS, NET, null),
        "aliases": {"sales@example.org": ("alice@example.org",)},
        "patterns": (Pattern(pattern="x.*", domain="example.org", targets=("bob@example.net",)),),
    }
    files = projected(settings, person("alice@example.org"), person("bob@example.net"), **fields)

    addresses = table(files["addresses"])
    assert sorted(key for key in addresses if key.endswith("@example.org")) == ["abuse@example.org", "postmaster@example.org"]
    assert sorted(key for key in addresses if key.endswith("@example.com")) == ["abuse@example.com", "postmaster@example.com"]
    assert files["patterns"] == []
    assert "example.org OK" in files["domains"]


def test_mail_is_taken_for_the_domains_and_the_server_itself(settings: Settings):
    """What cron and other machines write to root@mail.example.org must arrive."""
    assert list(table(projected(settings)["domains"])) == ["example.net", "example.org", "mail.example.org"]


def test_expressions_are_tried_in_their_order_and_never_with_a_detail(settings: Settings):
    """In each alias of their domain too; they match the whole local part and the plain domain."""
    patterns = (
        Pattern(pattern="sales-[0-9]+", domain="example.org", targets=("alice@example.org", "b@elsewhere.example")),
        Pattern(pattern="sales-.*|shop", domain="example.org", targets=("alice@example.org",)),
    )
    lines = projected(settings, person("alice@example.org"), domains=(ALIAS, NET, ORG), patterns=patterns)["patterns"]

    assert lines == [
        "if !/[+]/",
        r"/^(?:sales-[0-9]+)@example\.org$/ alice@example.org,b@elsewhere.example",
        r"/^(?:sales-[0-9]+)@example\.com$/ alice@example.org,b@elsewhere.example",
        r"/^(?:sales-.*|shop)@example\.org$/ alice@example.org",
        r"/^(?:sales-.*|shop)@example\.com$/ alice@example.org",
        "endif",
    ]


@SETTINGS_STAY
@given(
    st.from_regex(r"[a-z0-9.|*+?-]{1,12}", fullmatch=True),
    st.emails(domains=st.sampled_from(["elsewhere.example", "xexample.org"])),
)
def test_no_expression_reaches_beyond_its_domain(settings: Settings, pattern: str, address: str):
    """Whatever it is: alternatives are held together, the domain's dots are dots."""
    try:
        re.compile(pattern)
    except re.error:
        return
    one = Pattern(pattern=pattern, domain="example.org", targets=("alice@example.org",))
    (_, line, _) = projected(settings, person("alice@example.org"), patterns=(one,))["patterns"]

    assert not re.search(line[1 : line.index("/ ")], address)
