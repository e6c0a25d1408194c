"""A directory written as YAML and applied again: nothing changes, and an empty directory becomes an equal one."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, create_engine, event

from mailstead.directory import (
    DirectoryError,
    accounts,
    aliases,
    app_passwords,
    audit,
    domains,
    groups,
    patterns,
    renames,
    schema,
    snapshot,
    yaml_reading,
    yaml_writing,
)
from mailstead.directory import apply as applying
from mailstead.directory.differences import differences
from mailstead.settings import Settings

HASHES = ["$y$j9T$abc$def", "$6$salt$hash", "$2b$05$abcdefghijklmnopqrstuv"]
DOMAINS = ["example.org", "example.net", "example.com"]
PERSON = st.sampled_from(["alice@example.org", "Bob@example.org", "123@example.net", "no@example.org"])
PLAIN = PERSON | st.sampled_from(["sales@example.org", "Info@example.org", "1e3@example.net"])
ELSEWHERE = ["Dora@Elsewhere.example", "o'neil&co=x#y@elsewhere.example", "abuse@example.org", "alice+lists@example.org"]
TARGET = PERSON | PLAIN | st.sampled_from(ELSEWHERE)
ODD = ["no", "~", "a: b", "- x", "# x", '"', "\\", "{}", "123", "\U0001f4ee", "\u202e", "\ufeff"]
NAME = st.text(max_size=20) | st.sampled_from(ODD)
PATTERN = st.sampled_from(["sales-[0-9]+", r"x\d{2}", "a.*", "(?:b|c)+", "no"])

Act = Callable[[Connection], object]
ADD: st.SearchStrategy[Act] = st.builds(
    lambda address, one, **facts: lambda to: accounts.add(to, address, one, **facts),
    PERSON,
    st.sampled_from(HASHES),
    name=NAME,
    quota=st.none() | st.integers(1, 2**63 - 1),
    may_send=st.booleans(),
    must_change=st.booleans(),
)
ACTS: st.SearchStrategy[Act] = st.one_of(
    st.builds(lambda name, of: lambda to: domains.make_alias(to, name, of), st.sampled_from(DOMAINS), st.sampled_from(DOMAINS)),
    st.builds(lambda name, yes: lambda to: domains.set_receives(to, name, yes), st.sampled_from(DOMAINS), st.booleans()),
    st.builds(lambda name, to_: lambda to: domains.set_catch_all(to, name, to_), st.sampled_from(DOMAINS), TARGET),
    st.builds(lambda name, to_: lambda to: domains.set_postmaster(to, name, to_), st.sampled_from(DOMAINS), TARGET),
    st.builds(
        lambda name, most, total: lambda to: domains.set_limits(to, name, most_accounts=most, total_quota=total),
        st.sampled_from(DOMAINS),
        st.integers(1, 2**31 - 1),
        st.integers(1, 2**63 - 1),
    ),
    st.builds(lambda address: lambda to: accounts.disable(to, address, postmaster=""), PERSON),
    st.builds(lambda address, to_: lambda to: accounts.set_senders(to, address, to_), PLAIN, st.lists(TARGET, max_size=3)),
    st.builds(
        lambda address, to_, keeps: lambda to: accounts.forward(to, address, to_, keeps_copy=keeps),
        PLAIN,
        st.lists(TARGET, max_size=3),
        st.booleans(),
    ),
    st.builds(lambda old, new: lambda to: renames.rename(to, old, new, postmaster="", keep_alias=True), PLAIN, PLAIN),
    st.builds(lambda address, name: lambda to: accounts.set_name(to, address, name), PERSON, NAME),
    st.builds(lambda address, size: lambda to: accounts.set_quota(to, address, size), PERSON, st.integers(1, 2**63 - 1)),
    st.builds(lambda address: lambda to: accounts.set_password(to, address, HASHES[1], must_change=True), PERSON),
    st.builds(lambda address: lambda to: app_passwords.add(to, address, "phone", HASHES[0]), PLAIN),
    st.builds(lambda address, to_: lambda to: aliases.add(to, address, to_), PLAIN, st.lists(TARGET, min_size=1, max_size=3)),
    st.builds(
        lambda one, name, to_: lambda to: patterns.add(to, f"{one}@{name}", to_),
        PATTERN,
        st.sampled_from(DOMAINS),
        st.lists(TARGET, min_size=1, max_size=3),
    ),
    st.builds(
        lambda address, members, **facts: lambda to: groups.add(to, address, members, **facts),
        PLAIN,
        st.lists(TARGET, max_size=4),
        post=st.sampled_from(groups.POST),
        list_id=st.booleans(),
        reply_to=st.just("") | TARGET,
    ),
)
GROWTH = st.builds(lambda people, acts: people + acts, st.lists(ADD, max_size=4), st.lists(ACTS, min_size=4, max_size=20))
MANY = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


@contextmanager
def empty() -> Iterator[Connection]:
    """A directory in memory, with one domain."""
    engine: Engine = create_engine("sqlite://")
    event.listen(engine, "connect", schema._connected)
    schema.upgrade(engine)
    with engine.execution_options(actor=audit.Actor("tester", "test")).connect() as connection:
        domains.add(connection, "example.org")
        yield connection
    engine.dispose()


def grown(connection: Connection, acts: list[Act]) -> snapshot.Snapshot:
    """Return what a directory is after all that was possible of these."""
    for name in DOMAINS:
        domains.add(connection, name)
    for address in ("alice@example.org", "Bob@example.org", "123@example.net"):
        accounts.add(connection, address, HASHES[0])
    for act in acts:
        try:
            act(connection)
        except DirectoryError:
            continue
    return snapshot.read(connection)


def comparable(now: snapshot.Snapshot) -> snapshot.Snapshot:
    """Return a directory without what a file does not declare, and without a difference that means nothing."""

    def plain(one: snapshot.Account) -> snapshot.Account:
        keeps_copy = one.keeps_copy or one.address not in now.aliases
        return one._replace(app_passwords=(), former=(), keeps_copy=keeps_copy)

    ordered = tuple(replace(one, targets=tuple(sorted(one.targets))) for one in now.patterns)
    return replace(now, counter=0, accounts=tuple(map(plain, now.accounts)), patterns=ordered)


@MANY
@given(acts=GROWTH)
def test_an_export_applied_changes_nothing(settings: Settings, acts: list[Act]):
    """Whatever the directory has grown to be."""
    with empty() as connection:
        now = grown(connection, acts)
        declaration = yaml_reading.read(yaml_writing.text(now).encode())

        assert differences(now, declaration, settings, prune=True) == ()


@MANY
@given(acts=GROWTH)
def test_an_export_applied_to_an_empty_directory_makes_an_equal_one(settings: Settings, acts: list[Act]):
    """With every name, hash, order and spelling."""
    with empty() as one, empty() as other:
        now = grown(one, acts)
        applying.make(other, yaml_reading.read(yaml_writing.text(now).encode()), settings)

        assert comparable(snapshot.read(other)) == comparable(now)


@MANY
@given(before=GROWTH, after=GROWTH)
def test_any_directory_becomes_any_other(make_settings: Callable[..., Settings], before: list[Act], after: list[Act]):
    """With --prune nothing of the old one is left, or it is refused with a sentence and a path; then nothing is half done."""
    settings = make_settings(domains="example.org", postmaster="pat@example.org")
    with empty() as one, empty() as other:
        now, was = grown(one, after), grown(other, before)
        declaration = yaml_reading.read(yaml_writing.text(now).encode())
        attempt = other.begin_nested()
        try:
            applying.make(other, declaration, settings, prune=True)
        except DirectoryError:
            attempt.rollback()
            assert snapshot.read(other) == was
        else:
            left = snapshot.read(other)
            assert differences(left, declaration, settings, prune=True) == ()
