"""The projection as a whole: which files in which order, for whom to read, and never a broken line."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mailstead import names
from mailstead.directory import PROJECTION, DirectoryError
from mailstead.directory.logins import forms
from mailstead.directory.project import FOR_DOVECOT, FOR_PAM, FOR_ROOT, TABLES, project
from mailstead.directory.snapshot import Account, AppPassword, Domain, Snapshot
from mailstead.settings import Settings
from mailstead.tree import File
from support.projection import NET, ORG, POSTMASTER, person, projected, table

SETTINGS_STAY = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_hashes_are_for_dovecot_only_and_tables_for_everybody(settings: Settings):
    """What holds hashes is root's, readable by Dovecot, and never shown."""
    tree = project(Snapshot(counter=0), settings)

    secret = File(text="", mode=0o640, group="dovecot", secret=True)
    hashes = [*FOR_DOVECOT, *FOR_PAM]
    assert [tree[f"{PROJECTION}/{name}"] for name in hashes] == [secret] * len(hashes)
    open_to_all = {"sender-patterns", "patterns", "refusals", "counter", *TABLES}.difference(FOR_ROOT)
    assert {tree[f"{PROJECTION}/{name}"].mode for name in open_to_all} == {0o644}
    assert {Path(path).name for path in tree} == {*hashes, *open_to_all, *FOR_ROOT}


def test_everything_is_there_before_mail_is_taken(settings: Settings):
    """The order of writing: who signs in, who may send, who may post; expressions before a table, domains, the counter last."""
    order = [Path(path).name for path in project(Snapshot(counter=0), settings)]

    mail = ["small_quotas", "restricted", "posting", "patterns", "addresses", "domains"]
    expected = ["passwd", "send-0", "senders", *mail, "counter"]
    assert [name for name in order if name in expected] == expected
    dovecots = [order.index(name) for name in FOR_DOVECOT]
    assert dovecots == list(range(dovecots[0], dovecots[0] + len(dovecots)))


def test_a_line_break_in_the_database_is_not_projected(settings: Settings):
    """Our functions let none in. The refusal names the entry, and not the hash in the same line."""
    broken = person("a@example.org", password_hash="$6$secret\nroot:$6$x")

    with pytest.raises(DirectoryError, match=r"control character at '(?i:a@example\.org)'") as refused:
        projected(settings, broken)
    assert "secret" not in str(refused.value)


LOCAL = st.from_regex(r"[a-zA-Z0-9_]([a-zA-Z0-9._-]{0,20}[a-zA-Z0-9_-])?", fullmatch=True).filter(lambda text: ".." not in text)
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", LOCAL, st.sampled_from(["example.org", "Example.NET"]))
APP = st.builds(
    lambda slot, scope: AppPassword(name=f"app {slot}", slot=slot, scope=scope, password_hash=f"$6${slot}"),
    st.integers(0, 9),
    st.sampled_from(["send", "read", "both"]),
)
PERSON = st.builds(
    person,
    ADDRESS,
    quota=st.none() | st.integers(1, 2**62),
    enabled=st.booleans(),
    may_send=st.booleans(),
    must_change=st.booleans(),
    app_passwords=st.lists(APP, unique_by=lambda app: app.slot, max_size=3).map(tuple),
)
PEOPLE = st.lists(PERSON, unique_by=lambda one: one.address)
OTHERS = PEOPLE.filter(lambda people: all(one.address != POSTMASTER.address for one in people))
ALIAS = Domain(name="example.com", alias_of="example.org")


@SETTINGS_STAY
@given(OTHERS)
def test_every_file_has_one_line_for_each_entry_and_gives_it_back(settings: Settings, people: list[Account]):
    """Whatever names are taken: as many lines as people, each splits into what it was made of, every home is in /var/mail."""
    files = projected(settings, *people)

    everybody = sorted([*people, POSTMASTER], key=lambda one: f"{one.address}:")
    fields = [line.split(":") for line in files["passwd"]]
    opens = [one.enabled and not one.must_change for one in everybody]
    assert [(entry[0], entry[1] != "!") for entry in fields] == list(zip([one.address for one in everybody], opens, strict=True))
    assert [entry[7] for entry in fields] == [f"userdb_quota_storage_size={one.quota or settings.quota}B" for one in everybody]
    assert all(table(files["addresses"])[one.address] == one.address for one in everybody)
    for entry in fields:
        home = Path(entry[5])
        assert home.parent.parent == Path("/var/mail")
        assert ".." not in home.parts


@SETTINGS_STAY
@given(OTHERS)
def test_no_login_is_in_a_file_twice(settings: Settings, people: list[Account]):
    """PAM and Dovecot see the first line of a login only: with domain aliases, other spellings and app passwords too."""
    files = projected(settings, *people, domains=(NET, ORG, ALIAS))

    for name in (*FOR_DOVECOT, *FOR_PAM):
        logins = [line.partition(":")[0] for line in files[name]]
        assert len(logins) == len(set(logins)), name
    assert not {line.partition(":")[0] for line in files["passwd"]} & {line.partition(":")[0] for line in files["logins"]}


@SETTINGS_STAY
@given(OTHERS)
def test_who_may_not_has_no_hash_anywhere(settings: Settings, people: list[Account]):
    """A disabled account's hashes are in no file; a first password is in `first` alone; who may not send is none of PAM's."""
    files = projected(settings, *people, domains=(NET, ORG, ALIAS))

    def found(name: str, account: Account) -> bool:
        return any(line.lower().startswith(f"{account.address}:$") for line in files[name])

    sending = [name for name in FOR_PAM if "forms" not in name]
    for one in people:
        assert any(found(name, one) for name in sending) == (one.enabled and not one.must_change and one.may_send)
        assert found("first", one) == (one.enabled and one.must_change)
        assert found("passwd", one) == (one.enabled and not one.must_change)


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
