"""Entries of a directory server become a directory: accounts, aliases, groups, quotas; and what a server says is not trusted."""

import random
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailstead.declare import has_control
from mailstead.directory.ldap.entries import snapshot
from mailstead.directory.ldap.reading import Answer, Entry, digest
from mailstead.directory.project import project
from mailstead.directory.snapshot import Group, Snapshot
from mailstead.settings import Settings

BASE = "dc=example,dc=org"
ALICE, BOB = "alice@example.org", "bob@example.org"


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    """The settings of a server for two domains; alice is its postmaster."""
    url, domains = f"ldap://ldap.example.org/{BASE}", "example.org example.net"
    return make_settings(directory_url=url, hostname="mail.example.org", domains=domains, postmaster=ALICE)


def entry(dn: str, **values: str | bytes | list[str | bytes]) -> Entry:
    """Return an entry below the base."""
    lists = {name.lower(): several if isinstance(several, list) else [several] for name, several in values.items()}
    texts = {name: [one if isinstance(one, bytes) else one.encode() for one in several] for name, several in lists.items()}
    return Entry(f"{dn},{BASE}", texts)


def person(uid: str, /, **values: str | bytes | list[str | bytes]) -> Entry:
    """Return somebody's entry; the address is UID@example.org unless it is given."""
    return entry(f"uid={uid},ou=people", **{"uid": uid, "mail": f"{uid}@example.org"} | values)


def group(name: str, *members: str, **values: str | list[str]) -> Entry:
    """Return a group's entry; the address is NAME@example.org unless it is given."""
    return entry(f"cn={name},ou=groups", **{"mail": f"{name}@example.org", "member": list(members)} | values)


def read(settings: Settings, *people: Entry, known: tuple[str, ...] = (), **more: object) -> tuple[Snapshot, str]:
    """Read what a server with Alice, Bob and others says; return the directory, and the remarks as one text."""
    answer = Answer(accounts=[person("alice"), person("bob"), *people], **more)
    found, remarks = snapshot(answer, settings, known)
    return found, "\n".join(remarks)


def addresses(found: Snapshot) -> list[str]:
    """Return the addresses of the accounts."""
    return [one.address for one in found.accounts]


def test_people_with_an_address_in_our_domains_are_accounts(settings: Settings):
    """Their passwords stay where they are; who has an address elsewhere, or none, has no mailbox here."""
    more = [person("carol", mail="Carol@Example.NET", displayName="Carol C."), person("dave", mail="dave@example.com")]
    found, remarks = read(settings, *more, person("erin", mail=[]))

    assert addresses(found) == [ALICE, BOB, "carol@example.net"]
    assert {one.password_hash for one in found.accounts} == {"!"}
    assert found.accounts[2].name == "Carol C."
    assert remarks == ""


def test_more_domains_may_be_named_there(settings: Settings):
    """Beside those of the settings."""
    there = [entry("o=x", associatedDomain=["Example.COM", "no domain"])]
    found, remarks = read(settings, person("carol", mail="carol@example.com"), domains=there)

    assert [one.name for one in found.domains] == ["example.com", "example.net", "example.org"]
    assert "carol@example.com" in addresses(found)
    assert 'o=x,dc=example,dc=org: "no domain" is left out' in remarks


@pytest.mark.parametrize(
    ("text", "size"),
    [("1000000", 10**6), ("500M", 500 * 2**20), ("2 GB", 2 * 2**30), ("1GiB", 2**30), ("3t", 3 * 2**40), ("0", None)],
)
def test_a_quota_is_bytes_or_has_a_unit(settings: Settings, text: str, size: int | None):
    """Nought means that there is none, as many servers have it."""
    assert read(settings, person("carol", mailQuota=text))[0].accounts[2].quota == size


@pytest.mark.parametrize("text", ["much", "-1", "1.5G", "9" * 16, "900000000000T", "٥"])
def test_a_quota_that_is_none_leaves_the_default(settings: Settings, text: str):
    """The account is there all the same, and the log says what is wrong."""
    found, remarks = read(settings, person("carol", mailQuota=text))

    assert found.accounts[2].quota is None
    assert "uid=carol,ou=people,dc=example,dc=org: the quota" in remarks


def test_other_addresses_are_aliases(settings: Settings):
    """In whichever attribute; with Active Directory's prefix, and not those of other kinds or other domains."""
    carol = person(
        "carol", mailAlias="c@example.org", mailAlternateAddress=["c@example.net", "c@example.com"],
        proxyAddresses=["SMTP:carol@example.org", "smtp:CC@example.org", "x500:/o=x/cn=c"],
    )
    found, remarks = read(settings, carol)

    assert found.aliases == dict.fromkeys(["c@example.net", "c@example.org", "cc@example.org"], ("carol@example.org",))
    assert remarks == ""


def test_an_alias_may_lead_to_several(settings: Settings):
    """Each of them gets what comes for it."""
    found, _ = read(settings, person("carol", mailAlias="info@example.org"), person("dave", mailAlias="info@example.org"))

    assert found.aliases["info@example.org"] == ("carol@example.org", "dave@example.org")


def test_nobody_gets_anothers_mail_by_an_alias(settings: Settings):
    """An address that is an account or a group stays that."""
    greedy = person("greedy", mailAlias=[BOB, "team@example.org"])
    found, remarks = read(settings, greedy, groups=[group("team", f"uid=alice,ou=people,{BASE}")])

    assert found.aliases == {}
    assert remarks.count("is left out: it is an account or a group of its own") == 2


def test_an_entry_with_two_addresses_stays_the_mailbox_it_was(settings: Settings):
    """A server may give them in another order tomorrow."""
    carol = person("carol", mail=["c@example.org", "carol@example.org"])

    assert "c@example.org" in addresses(read(settings, carol)[0])
    found, _ = read(settings, carol, known=("carol@example.org",))
    assert "carol@example.org" in addresses(found)
    assert found.aliases == {"c@example.org": ("carol@example.org",)}


def test_two_entries_with_one_address_are_one_mailbox_and_a_remark(settings: Settings):
    """Mail for it is kept; nobody is let in, since neither is the one."""
    found, remarks = read(settings, person("rob", mail=BOB.upper()))

    assert addresses(found) == [ALICE, BOB]
    assert f"{BOB} is the address of two entries, so that nobody can sign in as it: uid=bob" in remarks


def test_who_is_not_enabled_gets_mail_and_cannot_sign_in(settings: Settings):
    """Those whom the second filter does not find."""
    found, _ = read(settings, enabled={f"uid=alice,ou=people,{BASE}"})

    assert [one.enabled for one in found.accounts] == [True, False]


def test_members_are_entries_user_names_or_addresses(settings: Settings):
    """However they are spelled; a group may be a member, and one without an address is nobody's concern."""
    members = [f"UID=Bob, ou=People,{BASE}", f"cn=inner,ou=groups,{BASE}", f"uid=erin,ou=people,{BASE}"]
    written = ["Dan+x@Elsewhere.example", "Alice+x@example.org"]
    team = group("team", *members, memberUid=["alice", "erin"], rfc822MailMember=written)
    found, remarks = read(settings, groups=[team, group("inner", f"uid=alice,ou=people,{BASE}")])

    assert found.groups == (
        Group(address="inner@example.org", members=(ALICE,)),
        Group(
            address="team@example.org",
            members=("Dan+x@elsewhere.example", "alice+x@example.org", ALICE, BOB, "inner@example.org"),
        ),
    )
    assert remarks == ""


def test_an_account_may_name_its_groups(settings: Settings):
    """As in the schema that docker-mailserver's users have."""
    found, _ = read(settings, *(person(uid, mailGroupMember="crew@example.org") for uid in ("carol", "dave")))

    assert found.groups == (Group(address="crew@example.org", members=("carol@example.org", "dave@example.org")),)


def test_what_cannot_be_delivered_is_no_member(settings: Settings):
    """It would make bounces: an address nobody has, one that is none, a group without anybody, one that is an account."""
    odd = group("odd", memberUid=[], rfc822MailMember=["nobody@example.org", "a b@example.com", "x@"])
    found, remarks = read(settings, groups=[odd, group("bob", f"uid=alice,ou=people,{BASE}")])

    assert found.groups == ()
    assert 'odd@example.org: the member "nobody@example.org" is left out: nobody here has that address' in remarks
    assert "the group odd@example.org has no member with an address; mail for it is refused" in remarks
    assert f"the group {BOB} is left out: it is an account" in remarks


def test_groups_that_lead_back_to_themselves_are_cut(settings: Settings):
    """Postfix would turn a letter to one round a thousand times."""
    one, two = (f"cn={name},ou=groups,{BASE}" for name in ("one", "two"))
    found, remarks = read(settings, groups=[group("one", two, one, f"uid=bob,ou=people,{BASE}"), group("two", one)])

    assert found.groups == (
        Group(address="one@example.org", members=(BOB,)), Group(address="two@example.org", members=("one@example.org",))
    )
    assert "the group one@example.org leads back to itself by one@example.org, two@example.org, which is left out" in remarks


def test_the_postmasters_mail_is_kept_where_nobody_there_has_the_address(settings: Settings):
    """In a mailbox that nobody can open, until somebody has it."""
    found, remarks = read(replace(settings, postmaster="postmaster@example.org"))
    (kept,) = [one for one in found.accounts if one.address == "postmaster@example.org"]

    assert not kept.enabled
    assert "nobody there has the address postmaster@example.org (MAIL_POSTMASTER)" in remarks
    found, remarks = read(
        replace(settings, postmaster="postmaster@example.org"), person("carol", mailAlias="postmaster@example.org")
    )
    assert "postmaster@example.org" not in addresses(found)
    assert remarks == ""


HOSTILE = [
    b"\xff\xfe@example.org", b"a\nb:x:0:0@example.org", b"a\0@example.org", "a\u2028b@example.org", "../x@example.org",
    "*@example.org", "a)(uid=*@example.org", "x" * 65 + "@example.org", "%n@example.org", "a b@example.org",
    ".a@example.org", "@example.org", "\u212a@example.org", b"\xed\xa0\x80@example.org",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_a_hostile_address_is_left_out_with_a_remark(settings: Settings, value: str | bytes):
    """As an account, an alias or a group; the log has no line of its making."""
    people = [person("carol", mail=value), person("dave", mailAlias=value)]
    found, remarks = read(settings, *people, groups=[group("x", f"uid=bob,ou=people,{BASE}", mail=value)])

    assert addresses(found) == [ALICE, BOB, "dave@example.org"]
    assert (found.aliases, found.groups) == ({}, ())
    assert remarks.count("left out") == 3
    assert len(remarks.splitlines()) == 3


@given(value=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode(errors="surrogatepass")))
def test_whatever_a_server_says_can_be_projected(value: bytes):
    """In each attribute; never a second line, and the remarks can be printed."""
    settings = Settings.read(
        {"MAIL_DIRECTORY_URL": f"ldap://ldap.example.org/{BASE}", "MAIL_DOMAINS": "example.org", "MAIL_POSTMASTER": ALICE}
    )
    kinds = ["mail", "mailAlias", "mailQuota", "displayName", "uid", "mailGroupMember"]
    people = [person(f"p{number}", **{kind: [value, value + b"@example.org"]}) for number, kind in enumerate(kinds)]
    found, remarks = read(settings, *people, groups=[group("team", rfc822MailMember=[value, value + b"@example.org"])])

    tree = project(replace(found, counter=1), settings)
    assert not any(has_control(line) for file in tree.values() for line in file.text.split("\n"))
    assert not has_control(remarks.replace("\n", ""))


def test_a_digest_knows_no_order_of_entries_and_every_change():
    """A server may give its entries in any order."""
    entries = [person(f"p{number}", mailAlias=["a@example.org", "b@example.org"]) for number in range(20)]
    before = digest({"accounts": entries, "groups": [group("team")]})

    assert digest({"accounts": random.sample(entries, 20), "groups": [group("team")]}) == before
    for changed in (
        {"accounts": entries[1:], "groups": [group("team")]},
        {"accounts": [*entries, entries[0]], "groups": [group("team")]},
        {"accounts": [*entries[1:], person("p0", mailAlias=["b@example.org", "a@example.org"])], "groups": [group("team")]},
        {"accounts": entries, "enabled": [group("team")]},
    ):
        assert digest(changed) != before
