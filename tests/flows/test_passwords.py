"""Every password that can be set opens every door alike, and one that was changed opens none."""

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
}


@pytest.mark.parametrize("password", PASSWORDS.values(), ids=PASSWORDS.keys())
def test_a_password_works_the_same_everywhere(stack, make_person, password):
    """What opens IMAP opens POP3, and SMTP by PLAIN and by LOGIN, on 465 and on 587."""
    person = make_person("Pat", password=password)

    assert clients.opening(stack, person.address, password) == EVERY_WAY


@pytest.mark.parametrize(
    ("password", "reason"),
    [("x" * 201, "at most 200 characters"), ("tab\there", "control character"), ("bell\x07", "control character")],
    ids=["201 characters", "a tab", "a bell"],
)
def test_a_password_that_would_not_work_everywhere_is_refused(stack, alice, password, reason):
    """It is refused when it is set, with the reason, and the old one stays."""
    ran = stack.attempt("mailstead", "account", "passwd", alice.address, "--password-stdin", text=password + "\n")

    assert ran.status != 0
    assert reason in ran.output
    assert clients.opening(stack, alice.address, alice.password) == EVERY_WAY


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
