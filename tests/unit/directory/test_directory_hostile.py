"""Hostile names and values: refused with a sentence, or kept exactly; never a second line in a file, never a path elsewhere."""

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from mailstead.directory import (
    DirectoryError,
    accounts,
    aliases,
    app_passwords,
    domains,
    groups,
    lookup,
    mailboxes,
    patterns,
    project,
    renames,
    snapshot,
)
from mailstead.settings import Settings

HASH = "$y$j9T$abc$def"
ALICE = "alice@example.org"
PIECES = [
    *("", ".", "..", "../", "/", "\\", "-", "-x", ".x", "x.", "x..y", "%", "%00", "%{user}", "$1", "~", "*", "|", "`id`", ";"),
    *(" ", "\t", "\n", "\r\n", "\0", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "'", '"', "<", ">", ",", ":", "#", "=", "+"),
    *("ALICE", "alice", "\uff21lice", "\ufb01", "\u212a", "ß", "\u0130", "é", "e\u0301", "xn--mller-kva", "müller", "東京"),
    *("\ud800", "x" * 64, "x" * 300),
]
TEXT = st.lists(st.sampled_from(PIECES) | st.text(max_size=3), min_size=1, max_size=4).map("".join)
DOMAIN = st.sampled_from(["example.org", "EXAMPLE.org", "example.net", "elsewhere.example"]) | TEXT
ADDRESS = st.builds(lambda local, domain: f"{local}@{domain}", TEXT, DOMAIN) | TEXT
STAYS = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)

Act = Callable[[Connection, str], object]
ADDRESSES: dict[str, Act] = {
    "account add": lambda opened, text: accounts.add(opened, text, HASH),
    "account rename": lambda opened, text: renames.rename(opened, ALICE, text, postmaster="", keep_alias=True),
    "account forward": lambda opened, text: accounts.forward(opened, ALICE, [text], keeps_copy=True),
    "account set --sender": lambda opened, text: accounts.set_senders(opened, ALICE, [text]),
    "alias add": lambda opened, text: aliases.add(opened, text, [ALICE]),
    "alias add to": lambda opened, text: aliases.add(opened, "sales@example.org", [text]),
    "alias add --regexp": lambda opened, text: patterns.add(opened, text, [ALICE]),
    "alias add --regexp to": lambda opened, text: patterns.add(opened, "x.*@example.org", [text]),
    "group add": lambda opened, text: groups.add(opened, text, [ALICE], post="members", list_id=True),
    "group add --member": lambda opened, text: groups.add(opened, "team@example.org", [text], post="members"),
    "group add --reply-to": lambda opened, text: groups.add(opened, "team@example.org", [ALICE], reply_to=text),
    "domain catch-all": lambda opened, text: domains.set_catch_all(opened, "example.org", text),
    "domain set --postmaster": lambda opened, text: domains.set_postmaster(opened, "example.org", text),
}
DOMAINS: dict[str, Act] = {
    "domain add": lambda opened, text: domains.add(opened, text),
    "domain alias": lambda opened, text: domains.make_alias(opened, text, "example.org"),
}
WORDS: dict[str, Act] = {
    "account set --name": lambda opened, text: accounts.set_name(opened, ALICE, text),
    "app-password add": lambda opened, text: app_passwords.add(opened, ALICE, text, HASH),
    "app-password revoke": lambda opened, text: app_passwords.revoke(opened, ALICE, text),
}


def done(connection: Connection, act: Act, text: str) -> snapshot.Snapshot | None:
    """Try something, and return what the directory then holds, or None if it was refused; nothing stays of it."""
    attempt = connection.begin_nested()
    try:
        act(connection, text)
        return snapshot.read(connection)
    except DirectoryError:
        return None
    finally:
        attempt.rollback()


def check_files(now: snapshot.Snapshot, settings: Settings) -> None:
    """Every line of every projected file is one that somebody made, and every home is a folder of /var/mail."""
    files = {Path(path).name: file.text for path, file in project.project(now, settings).items()}
    for name, text in files.items():
        assert text == "" or text.endswith("\n")
        assert len(text.splitlines()) == text.count("\n"), name
        assert text.isprintable() or all(line.isprintable() for line in text.split("\n")), name
        assert text.isascii(), name
    for line in files["passwd"].splitlines():
        home = Path(line.split(":")[5])
        assert home == Path("/var/mail", *home.parts[3:5])
        assert not {".", "..", ""} & set(home.parts[3:])
    for name in project.TABLES:
        keys = [line.partition(" ")[0] for line in files[name].splitlines()]
        assert len(keys) == len(set(keys)), name
    assert len(files["addresses"].splitlines()) == len(dict.fromkeys(files["addresses"].lower().splitlines()))


@pytest.mark.parametrize("act", ADDRESSES.values(), ids=ADDRESSES)
@STAYS
@given(text=ADDRESS)
def test_an_address_is_refused_or_projected_in_its_place(connection: Connection, settings: Settings, act: Act, text: str):
    """Wherever it is typed; what is taken is plain ASCII, so that no two that look alike are two."""
    now = done(connection, act, text)

    if now is not None:
        assert text.isascii()
        check_files(now, settings)


@pytest.mark.parametrize("act", DOMAINS.values(), ids=DOMAINS)
@STAYS
@given(text=DOMAIN)
def test_a_domain_is_refused_or_projected_in_its_place(connection: Connection, settings: Settings, act: Act, text: str):
    """In lower case, and never one that only folds to another's name."""
    now = done(connection, act, text)

    if now is not None:
        assert text.lower() in {one.name for one in now.domains}
        assert unicodedata.normalize("NFKC", text) == text
        check_files(now, settings)


@pytest.mark.parametrize("act", WORDS.values(), ids=WORDS)
@STAYS
@given(text=TEXT)
def test_words_are_refused_or_kept_exactly(connection: Connection, settings: Settings, act: Act, text: str):
    """A person's name and a program's are text on one line, in no file of a daemon."""
    now = done(connection, act, text)

    if now is not None:
        (alice,) = [one for one in now.accounts if one.address == ALICE]
        assert text in (alice.name, *(app.name for app in alice.app_passwords))
        check_files(now, settings)


@STAYS
@given(text=ADDRESS)
def test_no_folder_is_outside_of_the_mail(tmp_path: Path, text: str):
    """Whatever is taken as an address has a folder two levels below."""
    try:
        address = lookup.address(text)
    except DirectoryError:
        return
    assert mailboxes.folder(tmp_path, address).parents[1] == tmp_path.resolve()
