"""Which passwords are taken, and how they are kept."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailstead.directory import passwords

# Every sign but the controls and line breaks that are refused, and the halves of surrogate pairs, which are no text.
SIGNS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))


def taken(password: str) -> bool:
    """Whether a password is taken."""
    try:
        passwords.check(password)
    except ValueError:
        return False
    return True


@given(st.text(SIGNS, min_size=1, max_size=60))
def test_any_line_of_text_is_a_password(password: str):
    """Blanks, quotes, backslashes, percent signs, colons and every script are allowed (60 signs have at most 240 bytes)."""
    assert taken(password)


@given(st.text(SIGNS, max_size=20), st.characters(categories=("Cc", "Zl", "Zp")), st.text(SIGNS, max_size=20))
def test_a_control_character_is_refused_wherever_it_stands(before: str, control: str, after: str):
    """One of saslauthd and Dovecot would refuse what the other takes."""
    assert not taken(before + control + after)


@pytest.mark.parametrize(
    ("password", "said"),
    [
        ("", "cannot be empty"),
        ("two\nlines", "line break"),
        ("a\ttab", "tab"),
        ("a" * 201, "at most 200 characters; this one has 201"),
        ("€" * 86, "at most 255 bytes as UTF-8; this one has 258"),
        ("half \udcff", "text in UTF-8"),
    ],
)
def test_a_refused_password_is_told_why(password: str, said: str):
    """The sentence says what is allowed, and never repeats the password."""
    with pytest.raises(ValueError, match=said) as refused:
        passwords.check(password)

    assert not password or password not in str(refused.value)


def test_the_longest_password_has_200_characters_or_255_bytes():
    """saslauthd takes 256 bytes, the last of them for itself."""
    assert taken("a" * 200)
    assert taken("€" * 85)


@settings(max_examples=10)
@given(st.text(SIGNS, min_size=1, max_size=60), st.text(SIGNS, min_size=1, max_size=60))
def test_a_hash_knows_its_password_and_no_other(password: str, other: str):
    """crypt(3) of the password with the hash as its setting gives the hash back (crypt(5))."""
    hashed = passwords.hash(password)

    assert passwords.crypt(password, hashed) == hashed
    assert (passwords.crypt(other, hashed) == hashed) is (other == password)


def test_a_hash_is_bare_yescrypt():
    """pam_pwdfile knows no {SCHEME} in front; a colon would end the field it stands in."""
    hashed = passwords.hash("four plain words here")

    assert hashed.startswith("$y$")
    assert ":" not in hashed


def test_the_same_password_has_another_hash_each_time():
    """Each hash has a salt of its own."""
    assert passwords.hash("the same") != passwords.hash("the same")


def test_a_password_that_is_refused_is_not_hashed():
    """Nothing is cut off quietly."""
    with pytest.raises(ValueError, match="201"):
        passwords.hash("a" * 201)


def test_what_libcrypt_does_not_know_is_an_error():
    """A broken setting never gives a hash that every password would match."""
    with pytest.raises(OSError, match="setting"):
        passwords.crypt("a password", "!")


def test_a_generated_password_is_taken_and_hard_to_guess():
    """18 signs out of 31 are 89 bits; no sign reads like another one."""
    first, second = passwords.generate(), passwords.generate()

    assert taken(first)
    assert first != second
    assert len(first.replace("-", "")) == 18
    assert not set(first) & set("ilo01")
