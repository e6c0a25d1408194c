"""The verbs of accounts, as they are typed: made, given passwords and limits, listed."""

from collections.abc import Callable

import pytest

from mailstead.directory import passwords
from support.typed import Said


def test_an_account_without_a_password_gets_one_that_is_shown(mailstead: Callable[..., Said], stored: Callable):
    """Once, on standard output; it is the one that works."""
    said = mailstead("account", "add", "Alice@example.org")

    (alice,) = stored().accounts
    password = said.out.split()[-1]
    assert said.out.startswith("alice@example.org is made\nits password, shown this once: ")
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash
    assert alice.typed == "Alice@example.org"


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"", b"\nnot the password\n"])
def test_a_password_from_standard_input_is_its_first_line(mailstead: Callable[..., Said], stored: Callable, end: bytes):
    """Only the line's end is taken off: blanks belong to the password. It is not shown again."""
    password = '  p"a$s:w%örd\\  '
    said = mailstead("account", "add", "alice@example.org", "--password-stdin", "--json", typed_in=password.encode() + end)

    (alice,) = stored().accounts
    assert said.facts == {"address": "alice@example.org"}
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash


@pytest.mark.parametrize(
    ("typed", "why"), [(b"", "empty"), (b"\n", "empty"), (b"a\tb\n", "tab"), (b"a\rb\n", "control"), (b"\xff\n", "UTF-8")]
)
def test_a_password_that_cannot_be_is_refused_and_nothing_made(
    mailstead: Callable[..., Said], stored: Callable, typed: bytes, why: str
):
    """With a sentence on standard error."""
    said = mailstead("account", "add", "alice@example.org", "--password-stdin", typed_in=typed)

    assert (said.status, said.out) == (1, "")
    assert why in said.err
    assert said.err.endswith("nothing was changed\n")
    assert stored().accounts == ()


def test_a_password_is_asked_for_twice_at_a_terminal(terminal: Callable[..., Said], stored: Callable):
    """And is not shown while it is typed."""
    answers = [("Password for alice", "plain wörds"), ("Once more", "plain wörds")]
    said = terminal("account", "add", "alice@example.org", answers=answers)

    (alice,) = stored().accounts
    assert passwords.crypt("plain wörds", alice.password_hash) == alice.password_hash
    assert "alice@example.org is made" in said.out
    assert "plain" not in said.out


def test_two_different_passwords_make_no_account(terminal: Callable[..., Said], stored: Callable):
    """One of them was mistyped."""
    said = terminal("account", "add", "alice@example.org", answers=[("Password for alice", "plain"), ("Once more", "palin")])

    assert said.status == 1
    assert "the two passwords differ; nothing was changed" in said.out
    assert stored().accounts == ()


def test_whoever_types_no_password_gets_one(terminal: Callable[..., Said], stored: Callable):
    """As the question says."""
    said = terminal("account", "add", "alice@example.org", answers=[("(nothing: one is made)", "")])

    (alice,) = stored().accounts
    password = said.out.split()[-1]
    assert passwords.crypt(password, alice.password_hash) == alice.password_hash


def test_a_taken_address_is_told_before_a_password_is_asked_for(terminal: Callable[..., Said], mailstead: Callable[..., Said]):
    """Nobody types a password for nothing."""
    mailstead("account", "add", "alice@example.org")
    said = terminal("account", "add", "alice@example.org", answers=[])

    assert said.status == 1
    assert "mailstead account passwd alice@example.org" in said.out
    assert "Password" not in said.out


def test_accounts_are_listed_as_a_table_or_as_json(mailstead: Callable[..., Said]):
    """For reading, and for programs; a quota of its own, or the default of the settings."""
    mailstead("account", "add", "alice@example.org")
    mailstead("account", "add", "bob@example.org", "--quota", "1536M", "--name", "Bob Bärlauch")
    mailstead("account", "disable", "bob@example.org")

    assert mailstead("account", "list").out == (
        "ADDRESS            QUOTA         ENABLED  NAME\n"
        "alice@example.org  5G (default)  yes\n"
        "bob@example.org    1536M         no       Bob Bärlauch\n"
    )
    facts = mailstead("account", "list", "--json").facts
    assert [(one["address"], one["quota"], one["enabled"], one["name"]) for one in facts] == [
        ("alice@example.org", None, True, ""),
        ("bob@example.org", 1536 * 2**20, False, "Bob Bärlauch"),
    ]


def test_an_empty_list_has_its_head_only(mailstead: Callable[..., Said]):
    """And is an empty JSON list."""
    assert mailstead("alias", "list").out == "ADDRESS  LEADS TO\n"
    assert mailstead("alias", "list", "--json").facts == []


def test_a_password_can_be_changed(mailstead: Callable[..., Said], stored: Callable):
    """It is the one that works from then on; no Dovecot runs here to sign anybody out, which is no failure."""
    mailstead("account", "add", "alice@example.org")
    said = mailstead("account", "passwd", "Alice@example.org", "--password-stdin", typed_in=b"new one\n")

    (alice,) = stored().accounts
    assert (said.status, said.out) == (0, "alice@example.org has a new password\n")
    assert passwords.crypt("new one", alice.password_hash) == alice.password_hash


def test_a_quota_is_a_size_or_the_default(mailstead: Callable[..., Said]):
    """With the words of MAIL_QUOTA."""
    mailstead("account", "add", "alice@example.org", "--quota", "10G")

    assert mailstead("account", "quota", "alice@example.org", "2g").out == "alice@example.org may keep 2G\n"
    assert mailstead("account", "quota", "alice@example.org", "default").out == "alice@example.org may keep 5G (default)\n"
    assert mailstead("account", "quota", "alice@example.org", "1T", "--json").facts["quota"] == 2**40


def test_a_quota_that_is_none_is_wrong_usage(mailstead: Callable[..., Said], capsys: pytest.CaptureFixture):
    """argparse's status 2, and what is allowed."""
    with pytest.raises(SystemExit) as ended:
        mailstead("account", "quota", "alice@example.org", "much")

    assert ended.value.code == 2
    assert '"much" is not accepted; allowed: a size such as 500M or 10G, or default' in capsys.readouterr().err


def test_disabling_and_enabling_twice_is_like_once(mailstead: Callable[..., Said]):
    """Scripts may repeat themselves."""
    mailstead("account", "add", "alice@example.org")
    for verb, enabled in (("disable", False), ("enable", True)):
        for _ in range(2):
            said = mailstead("account", verb, "alice@example.org", "--json")
            assert (said.status, said.facts) == (0, {"address": "alice@example.org", "enabled": enabled})


def test_an_account_shows_all_that_is_known_of_it(mailstead: Callable[..., Said]):
    """In words; what no Dovecot is here to say is unknown."""
    mailstead("account", "add", "alice@example.org", "--name", "Alice", "--quota", "2G", "--must-change")
    mailstead("domain", "alias", "example.com", "example.org")
    mailstead("account", "set", "alice@example.org", "--sender", "boss@example.org", "--sender", "x@elsewhere.example")
    mailstead("account", "forward", "alice@example.org", "a@elsewhere.example", "--no-copy")
    mailstead("app-password", "add", "alice@example.org", "phone")

    assert mailstead("account", "show", "Alice@example.org").out == (
        "address        alice@example.org, alice@example.com\n"
        "name           Alice\n"
        "enabled        yes, with a first password that must be changed\n"
        "may send       yes, also as boss@example.org, x@elsewhere.example\n"
        "forwards to    a@elsewhere.example, without a copy here\n"
        "stores         unknown of 2G\n"
        "app passwords  phone\n"
        "last read      never\n"
        "last sent      never\n"
    )
    shown = mailstead("account", "show", "alice@example.org", "--json").facts
    assert (shown["also"], shown["keeps_copy"], shown["last_read"]) == (["alice@example.com"], False, None)


def test_what_is_set_can_be_taken_back(mailstead: Callable[..., Said], stored: Callable):
    """Only what is named changes."""
    mailstead("account", "add", "alice@example.org", "--name", "Alice", "--may-send", "no")
    mailstead("account", "set", "alice@example.org", "--may-send", "yes", "--sender", "boss@example.org")
    (alice,) = stored().accounts
    assert (alice.name, alice.may_send, alice.senders) == ("Alice", True, ("boss@example.org",))

    mailstead("account", "set", "alice@example.org", "--name", "", "--sender", "none")
    (alice,) = stored().accounts
    assert (alice.name, alice.may_send, alice.senders) == ("", True, ())


def test_forwarding_says_where_mail_goes(mailstead: Callable[..., Said]):
    """And when it ends."""
    mailstead("account", "add", "alice@example.org")
    forward = ("account", "forward", "alice@example.org")

    assert mailstead(*forward, "a@elsewhere.example").out == (
        "mail for alice@example.org goes to a@elsewhere.example, and a copy stays here\n"
    )
    assert mailstead(*forward, "a@elsewhere.example", "--no-copy").out == (
        "mail for alice@example.org goes to a@elsewhere.example\n"
    )
    assert mailstead(*forward).out == "mail for alice@example.org stays here\n"


def test_yes_and_no_are_the_only_answers(mailstead: Callable[..., Said], capsys: pytest.CaptureFixture):
    """An unknown word is never quietly no."""
    with pytest.raises(SystemExit) as ended:
        mailstead("account", "set", "alice@example.org", "--may-send", "nope")

    assert ended.value.code == 2
    assert "allowed: yes or no" in capsys.readouterr().err
