"""The projection: from a directory to the files the daemons read."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mailstead import names
from mailstead.directory import PROJECTION, ROLES, DirectoryError
from mailstead.directory.project import TABLES, forms, project
from mailstead.directory.snapshot import Account, Snapshot
from mailstead.settings import Settings
from mailstead.tree import File

HASH = "$y$j9T$abc$def"
SETTINGS_STAY = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def person(typed: str, **fields: object) -> Account:
    """Return an account as somebody made it."""
    return Account(address=typed.lower(), typed=typed, password_hash=HASH, **fields)


POSTMASTER = person("postmaster@example.org")


def projected(settings: Settings, *accounts: Account, **fields: object) -> dict[str, list[str]]:
    """Return the lines of each projected file, by its name."""
    snapshot = Snapshot(counter=7, domains=("example.net", "example.org"), accounts=(*accounts, POSTMASTER), **fields)
    return {Path(path).name: file.text.splitlines() for path, file in project(snapshot, settings).items()}


def table(lines: list[str]) -> dict[str, str]:
    """Return a lookup table."""
    return dict(line.split(" ", 1) for line in lines)


def test_an_account_is_a_whole_line_of_passwd(settings: Settings):
    """Name, hash, uid, gid, home and quota: Dovecot takes no half line, and pam_pwdfile reads the first two fields."""
    lines = projected(settings, person("alice@example.org"), person("bob@example.net", quota=2**30))["passwd"]

    home = "5000:5000::/var/mail"
    assert lines[:2] == [
        f"alice@example.org:{HASH}:{home}/example.org/alice::userdb_quota_storage_size=5368709120B",
        f"bob@example.net:{HASH}:{home}/example.net/bob::userdb_quota_storage_size=1073741824B",
    ]


def test_a_disabled_account_gets_mail_and_signs_in_nowhere(settings: Settings):
    """No password has the hash `!`; the rest of the line, and the mailbox, stay."""
    files = projected(settings, person("Alice@example.org", enabled=False))

    assert files["passwd"][0].startswith("alice@example.org:!:5000:5000::/var/mail/example.org/alice::")
    assert {line.partition(":")[2] for line in files["passwd-forms"] if "alice" in line.lower()} == {"!"}
    assert table(files["mailboxes"])["alice@example.org"] == "example.org/alice"


def test_other_spellings_of_a_login_are_for_pam(settings: Settings):
    """As typed when made, with a capital letter as phones write it, in capitals; none of them twice, nor the address."""
    people = [person("ALICE.B@Example.org"), person("Bob@example.org"), person("7even@example.org")]

    assert [forms(one) for one in people] == [
        ["ALICE.B@EXAMPLE.ORG", "ALICE.B@Example.org", "Alice.b@example.org"],
        ["BOB@EXAMPLE.ORG", "Bob@example.org"],
        ["7EVEN@EXAMPLE.ORG"],
    ]
    assert projected(settings, *people)["passwd-forms"][:2] == [f"ALICE.B@EXAMPLE.ORG:{HASH}", f"ALICE.B@Example.org:{HASH}"]


def test_role_addresses_reach_the_postmaster_in_every_domain_and_at_the_server(settings: Settings):
    """RFC 2142 and RFC 5321, 4.5.1; the postmaster may also send as any of them."""
    files = projected(settings)
    at = [f"{role}@{domain}" for role in ROLES for domain in ("example.org", "example.net", "mail.example.org")]
    expected = {address: "postmaster@example.org" for address in at}

    assert table(files["senders"]) == expected
    del expected["postmaster@example.org"]  # a real account
    assert table(files["aliases"]) == expected


def test_a_real_account_or_alias_at_a_role_address_comes_first(settings: Settings):
    """Who makes one wants its mail there."""
    alice = person("abuse@example.org")
    files = projected(settings, alice, aliases={"root@example.org": ("abuse@example.org",)})

    assert "abuse@example.org" not in table(files["aliases"])
    assert table(files["aliases"])["root@example.org"] == "abuse@example.org"
    assert table(files["senders"])["root@example.org"] == "abuse@example.org"


def test_the_postmaster_may_be_an_alias(make_settings: Callable[..., Settings]):
    """Its people then get the mail for postmaster and abuse, and may answer as them; nothing leads to itself."""
    settings = make_settings(hostname="mail.example.org", domains="example.org", postmaster="abuse@example.org")
    alice = person("alice@example.org")
    files = projected(settings, alice, aliases={"abuse@example.org": ("alice@example.org",)})

    assert table(files["aliases"])["abuse@example.org"] == "alice@example.org"
    assert table(files["senders"])["root@example.net"] == "alice@example.org"
    unmade = projected(settings)
    assert "abuse@example.org" not in table(unmade["aliases"])


def test_who_an_alias_leads_to_may_send_as_it(settings: Settings):
    """Followed through aliases and details, to the people who are here; an alias to elsewhere is nobody's."""
    links = {
        "all@example.org": ("sales@example.org", "bob+all@example.org"),
        "sales@example.org": ("alice@example.org", "carol@elsewhere.example"),
        "away@example.org": ("carol@elsewhere.example",),
    }
    senders = table(projected(settings, person("alice@example.org"), person("bob@example.org"), aliases=links)["senders"])

    assert senders["all@example.org"] == "alice@example.org,bob@example.org"
    assert senders["sales@example.org"] == "alice@example.org"
    assert senders["alice@example.org"] == "alice@example.org"
    assert "away@example.org" not in senders


def test_mail_is_taken_for_the_domains_and_the_server_itself(settings: Settings):
    """What cron and other machines write to root@mail.example.org must arrive."""
    assert list(table(projected(settings)["domains"])) == ["example.net", "example.org", "mail.example.org"]


def test_hashes_are_for_dovecot_only_and_tables_for_everybody(settings: Settings):
    """The passwd files are root's, readable by Dovecot, and never shown."""
    tree = project(Snapshot(counter=0), settings)

    secret = File(text="", mode=0o640, group="dovecot", secret=True)
    assert [tree[f"{PROJECTION}/{name}"] for name in ("passwd", "passwd-forms")] == [secret, secret]
    assert {tree[f"{PROJECTION}/{name}"].mode for name in (*TABLES, "counter")} == {0o644}


def test_people_can_sign_in_before_their_mail_is_taken(settings: Settings):
    """The order of writing; a domain's mail is taken last, and the counter says that all is there."""
    order = [Path(path).name for path in project(Snapshot(counter=0), settings)]

    assert order == ["senders", "passwd-forms", "passwd", "small_quotas", "mailboxes", "aliases", "domains", "counter"]


def test_a_line_break_in_the_database_is_not_projected(settings: Settings):
    """Our functions let none in. The refusal names the entry, and not the hash in the same line."""
    broken = Account(address="a@example.org", typed="a@example.org", password_hash="$6$secret\nroot:$6$x")

    with pytest.raises(DirectoryError, match=r"control character at '(?i:a@example\.org)'") as refused:
        projected(settings, broken)
    assert "secret" not in str(refused.value)


LOCAL = st.from_regex(r"[a-zA-Z0-9_]([a-zA-Z0-9._-]{0,20}[a-zA-Z0-9_-])?", fullmatch=True).filter(lambda text: ".." not in text)
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", LOCAL, st.sampled_from(["example.org", "Example.NET"]))
PEOPLE = st.lists(
    st.builds(person, ADDRESS, quota=st.none() | st.integers(1, 2**62), enabled=st.booleans()), unique_by=lambda one: one.address
)


@SETTINGS_STAY
@given(PEOPLE.filter(lambda people: all(one.address != POSTMASTER.address for one in people)))
def test_every_file_has_one_line_for_each_entry_and_gives_it_back(settings: Settings, people: list[Account]):
    """Whatever names are taken: as many lines as people, each splits into what it was made of, every home is in /var/mail."""
    files = projected(settings, *people)

    everybody = [*people, POSTMASTER]
    fields = [line.split(":") for line in files["passwd"]]
    assert [(entry[0], entry[1] != "!") for entry in fields] == [(one.address, one.enabled) for one in everybody]
    assert [entry[7] for entry in fields] == [
        f"userdb_quota_storage_size={one.quota or settings.quota}B" for one in everybody
    ]
    assert table(files["mailboxes"]) == {
        one.address: f"{names.domain_of(one.address)}/{names.local_part_of(one.address)}" for one in everybody
    }
    for entry in fields:
        home = Path(entry[5])
        assert home.parent.parent == Path("/var/mail")
        assert ".." not in home.parts


@given(st.text(max_size=30))
def test_no_text_that_is_taken_as_an_address_leaves_the_mail_folder(text: str):
    """A local part and a domain become folders: whatever is accepted is one name each."""
    for typed in (f"{text}@example.org", f"alice@{text}", text):
        try:
            address = names.address(typed)
        except ValueError:
            continue
        for part in (names.local_part_of(address), names.domain_of(address)):
            assert part not in ("", ".", "..")
            assert not set(part) & set("/\\: \t\n\0")


@given(PEOPLE)
def test_no_two_accounts_share_a_spelling(people: list[Account]):
    """A spelling of one login is never somebody else's."""
    spellings = [form for one in people for form in (one.address, *forms(one))]

    assert len(spellings) == len(set(spellings))
    assert {form.lower() for form in spellings} == {one.address for one in people}
