"""Hostile files: never a traceback; each line is taken exactly, or refused with its file and number."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from mailstead import names
from mailstead.declare import has_control
from mailstead.directory import apply, snapshot
from mailstead.importing import dms, fit
from mailstead.importing.dms import environment, hashes, variables
from mailstead.importing.found import Found
from mailstead.importing.report import Report
from mailstead.settings import Settings

FILES = [
    *("postfix-accounts.cf", "postfix-virtual.cf", "postfix-regexp.cf", "dovecot-quotas.cf", "postfix-send-access.cf"),
    *("postfix-receive-access.cf", "postfix-aliases.cf", "dovecot-masters.cf", "postfix-master.cf", "dovecot.cf"),
    "user-patches.sh",
]
SETTINGS = Settings.read({"MAIL_HOSTNAME": "mail.example.org"})
BOM = b"\xef\xbb\xbf"
HASH = "$6$Zz9$" + "d" * 86
PIECES = [
    *(b"alice@example.org", b"bob@example.org", b"ALICE@EXAMPLE.ORG", b"@example.org", b"@example.com", b"x@example.net", b"|"),
    *(b" ", b"\t", b"\r", b"\0", b"\x85", b"\xe2\x80\xa8", b"\xff", b"#", b",", b":", b"/", b"^", b"$", b"(", b")"),
    *(b"[", b"]", b"\\", b"|", b"+", b"..", b"../", b"%", b"'", b'"', b"=", b"5G", b"0", b"REJECT", b"{SHA512-CRYPT}", b"{"),
    *(HASH.encode(), "é".encode(), "\u212a".encode(), b"x" * 300, b"/^a@example\\.org$/", b"if /x/", b"9" * 30),
]
LINE = st.lists(st.sampled_from(PIECES) | st.binary(max_size=3), min_size=1, max_size=6).map(
    lambda pieces: b"".join(pieces).replace(b"\n", b"")
)
STAYS = hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)


def says_something(line: bytes) -> bool:
    """Whether a line is neither blank nor a comment."""
    try:
        text = line.removesuffix(b"\r").decode().strip()
    except UnicodeDecodeError:
        return True
    return bool(text) and not text.startswith("#")


@pytest.mark.parametrize("file", FILES)
@example(some=["alice@example.org \ue000".encode()])
@given(some=st.lists(LINE, min_size=1, max_size=5))
@STAYS
def test_every_line_is_spoken_of(connection: Connection, file: str, some: list[bytes]):
    """A Postfix line that goes on after a blank is one with the line it began in. What is declared, the directory takes."""
    found, report = Found(), Report()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, file).write_bytes(b"\n".join(some))
        Path(folder, "postfix-aliases.cf").touch()
        dms.read(Path(folder), found, report)
    declared = fit.declaration(snapshot.read(connection), found, report)
    with connection.begin_nested() as undone:
        apply.make(connection, declared, SETTINGS)
        undone.rollback()

    spoken_of = {entry.line.number for entry in report.entries}
    begun = [number for number, line in enumerate([some[0].removeprefix(BOM), *some[1:]], 1) if says_something(line)]
    plain = file in ("postfix-accounts.cf", "dovecot-quotas.cf")
    for number in begun if plain else begun[:1]:
        assert number in spoken_of
    text = b"\n".join(some).decode(errors="replace").lower()
    for address, account in found.accounts.items():
        assert address == names.address(account.typed)
        assert account.typed.lower() in text
        assert account.password_hash is None or hashes.crypt_hash(account.password_hash) == account.password_hash
    for line in report.lines():
        assert line.isprintable()
        assert HASH not in line or file not in ("postfix-accounts.cf", "dovecot-masters.cf")


NAME = st.sampled_from([*variables.VARIABLES, "NONSENSE", "MAIL_HOSTNAME"])
VALUE = st.sampled_from(["", "0", "1", "'x'", '"', "x # y", "${A}", "a b", "\\", "[h.example]:25", "none", "maildir", "9" * 400])


@given(given=st.lists(st.tuples(NAME, st.sampled_from(["", "__FILE"]), VALUE | st.text(max_size=5)), max_size=8))
@STAYS
def test_every_variable_is_spoken_of(given: list[tuple[str, str, str]]):
    """And what our block says is what our own settings can read."""
    found, report = Found(), Report()
    content = "\n".join(f"{name}{file}={value}".replace("\n", " ") for name, file, value in given).encode(errors="replace")
    block = environment.translate("mailserver.env", content, found, report)
    environment.complete(block, found, report)

    assert {entry.line.number for entry in report.entries} >= set(range(1, len(given) + 1))
    assert not any(has_control(line) for line in block.lines("/kept"))
