"""Every password that can be set opens every door alike, and one that was changed opens none."""

import time

import pytest

from support import clients

EVERY_WAY = set(clients.WAYS)
PASSWORDS = {
    "spaces": "  two  spaces inside and around  ",
    "quotes": 'it\'s "quoted" `so`',
    "backslashes": r"C:\mail\n\\end\ ",
    "percent": "100% %n %{user} %%",
    "colons": ":a:b::",
    "braces": "{PLAIN}secret",
    "UTF-8": "pässwörd 東京 🕊",
    "200 characters": "0123456789" * 20,
    "one character": "x",
    "every sign of ASCII": "".join(map(chr, range(32, 127))),
    "255 bytes": "é" * 127 + "x",
    "what shells and templates know": "$(id) ${x} {{ 7 * 7 }} {% x %} | & ; > # ! ~ *",
}
ALL_LENGTHS = [("0123456789" * 20)[:length] for length in range(1, 201)]


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS.keys())
def test_a_password_works_the_same_everywhere(stack, make_person, password):
    """What opens IMAP opens POP3, and SMTP by PLAIN and by LOGIN, on 465 and on 587."""
    person = make_person("Pat", password=password)

    assert clients.opening(stack, person.address, password) == EVERY_WAY


def test_every_length_works_the_same_everywhere(stack, alice, long):
    """From one character to the longest that is taken."""
    for password in ALL_LENGTHS if long else (ALL_LENGTHS[71], ALL_LENGTHS[127]):
        stack.mailstead("account", "passwd", alice.address, "--password-stdin", text=password + "\n")
        assert clients.opening(stack, alice.address, password) == EVERY_WAY


REFUSED = {
    "201 characters": ("x" * 201, "at most 200 characters"),
    "256 characters": ("x" * 256, "at most 200 characters"),
    "257 characters": ("x" * 257, "at most 200 characters"),
    "256 bytes": ("é" * 128, "at most 255 bytes"),
    "a tab": ("tab\there", "control character"),
    "a bell": ("bell\x07", "control character"),
    "a carriage return": ("one\rtwo", "control character"),
    "a NUL": ("one\0two", "control character"),
    "a next line": ("one\x85two", "control character"),
}


@pytest.mark.parametrize(("password", "reason"), REFUSED.values(), ids=REFUSED.keys())
def test_a_password_that_would_not_work_everywhere_is_refused(stack, alice, password, reason):
    """It is refused when it is set, with the reason, and the old one stays."""
    ran = stack.attempt("mailstead", "account", "passwd", alice.address, "--password-stdin", text=password + "\n")

    assert ran.status != 0
    assert reason in ran.output
    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY


@pytest.mark.parametrize("more", ["\r\n", "\n", "\0", "\0x", " ", "x"], ids=ascii)
def test_what_is_put_behind_a_password_makes_it_a_wrong_one(stack, alice, more):
    """No line break and no NUL cuts it short on the way to who checks it."""
    for connect, sign_in in ((clients.submissions, clients.smtp_plain), (clients.imaps, clients.imap_plain)):
        server = connect(stack)
        with server, pytest.raises(clients.REFUSALS):
            sign_in(server, alice.address, alice.password + more)


@pytest.mark.parametrize("words", [("passwd", "--password-stdin"), ("disable",)], ids=["changed", "disabled"])
def test_whoever_is_signed_in_is_signed_out_with_the_password(stack, alice, words):
    """At once: a stolen password opens nothing any more, and what it has opened is closed."""
    with clients.imaps(stack) as server:
        clients.imap_plain(server, alice.address, alice.password)
        begin = time.monotonic()
        stack.mailstead("account", words[0], alice.address, *words[1:], text="quite another one\n")
        with pytest.raises((server.abort, server.error)):
            server.noop()

    assert time.monotonic() - begin < 5
    assert clients.opening(stack, alice.address, alice.password) == set()


def test_a_changed_password_is_refused_on_the_next_login(stack, alice):
    """From the moment a password is changed the old one opens nothing and the new one everything."""
    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY

    stack.mailstead("account", "passwd", alice.address, "--password-stdin", text="quite another one\n")

    assert clients.opening(stack, alice.address, "quite another one") == EVERY_WAY
    assert clients.opening(stack, alice.address, alice.password) == set()


@pytest.mark.parametrize("spelled", [str.capitalize, str.upper], ids=["as a phone writes it", "all of it"])
def test_capital_letters_in_the_address_make_no_difference(stack, alice, spelled):
    """Alice@example.test and ALICE@EXAMPLE.TEST are the same person everywhere."""
    assert clients.opening(stack, spelled(alice.address), alice.password) == EVERY_WAY


def test_the_spelling_an_account_was_made_with_gets_in(stack, make_person):
    """Who was told the address in capitals can sign in with what they were told."""
    shouting = make_person("Sam", local_part="SHOUTING.SAM", domain="Example.Test")

    assert clients.opening(stack, shouting.address, shouting.password) == EVERY_WAY
    assert clients.opening(stack, shouting.address.lower(), shouting.password) == EVERY_WAY
