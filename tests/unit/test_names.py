"""Names of mail: what is taken, in which one form, and that none of them leads out of its folder."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailstead import names

LABELS = st.from_regex(r"[A-Za-z0-9]([A-Za-z0-9-]{0,10}[A-Za-z0-9])?", fullmatch=True)
DOMAINS = st.tuples(st.lists(LABELS, min_size=1, max_size=4), st.from_regex(r"[A-Za-z]{2,8}", fullmatch=True)).map(
    lambda parts: ".".join([*parts[0], parts[1]])
)
LOCAL_PARTS = st.from_regex(r"[A-Za-z0-9_]([A-Za-z0-9_-]|\.(?!\.)){0,20}[A-Za-z0-9_-]", fullmatch=True)
ADDRESSES = st.tuples(LOCAL_PARTS, DOMAINS).map("@".join)
# Texts made of what is near the border: dots, dashes, slashes, quotes, and letters that fold to others.
ODD = st.text(st.sampled_from("abA0.-_@/\\+%:~ \"'\u212a\u0130\u017f\uff20\u3002\n\0"), max_size=12) | st.text(max_size=20)


def taken(reader: Callable[[str], str], text: str) -> str | None:
    """Return what a reader of names makes of a text, None where it refuses."""
    try:
        return reader(text)
    except ValueError:
        return None


@given(DOMAINS)
def test_a_domain_in_any_case_is_one_domain(text: str):
    """Its form is lower case, and reading the form again changes nothing."""
    assert names.domain(text) == names.domain(text.upper()) == names.domain(names.domain(text)) == text.lower()


@given(ADDRESSES)
def test_an_address_in_any_case_is_one_address(text: str):
    """Two spellings never make two mailboxes."""
    assert names.address(text) == names.address(text.upper()) == names.address(names.address(text)) == text.lower()


@given(ADDRESSES)
def test_an_address_is_its_local_part_and_its_domain(text: str):
    """Taken apart and put together it is the same."""
    address = names.address(text)

    assert f"{names.local_part_of(address)}@{names.domain_of(address)}" == address


@given(st.one_of(ODD, st.tuples(ODD, DOMAINS).map("@".join), st.tuples(LOCAL_PARTS, ODD).map("@".join)))
def test_what_is_taken_as_an_address_is_safe_everywhere(text: str):
    """As a folder below /var/mail, as a key in a table, as a field between colons: or it is refused with the rule."""
    address = taken(names.address, text)
    if address is None:
        return
    assert text.isascii()
    assert address == text.lower()
    assert not set(address) & set(" \t\n:/\\%\"'+,;*~$`|<>()[]{}\0")
    folder = Path("/var/mail", names.domain_of(address), names.local_part_of(address))
    assert folder.resolve().relative_to("/var/mail").parts == tuple(reversed(address.split("@")))


@given(ODD | st.tuples(ODD, DOMAINS).map(".".join))
def test_what_is_taken_as_a_domain_is_a_name_of_the_dns(text: str):
    """Labels of letters, digits and inner hyphens, in ASCII, two at least: or it is refused with the rule."""
    domain = taken(names.domain, text)
    if domain is None:
        return
    labels = domain.split(".")
    assert text.isascii()
    assert domain == text.lower()
    assert len(labels) > 1
    assert all(label == label.strip("-") != "" for label in labels)


@pytest.mark.parametrize("text", ["\u212aelvin.example.org", "example.\u212aim", "ﬁ.example.org", "example。org"])
def test_a_letter_that_only_looks_like_ascii_is_refused(text: str):
    """The Kelvin sign becomes a k in lower case: it must not become somebody else's domain."""
    with pytest.raises(ValueError, match="a domain name such as"):
        names.domain(text)
    with pytest.raises(ValueError, match="an address such as"):
        names.address(f"alice@{text}")


@pytest.mark.parametrize("label", ["a" * 63, "xn--bcher-kva", "0", "a-b"])
def test_a_label_has_up_to_63_letters_digits_and_hyphens(label: str):
    """As RFC 1035 has it; international names in their ASCII form."""
    assert names.domain(f"{label}.example.org") == f"{label}.example.org"


@pytest.mark.parametrize(
    "text", ["a" * 64 + ".org", "a.1", "127.0.0.1", "example", "", ".", "a..b", "a_b.org", "-a.org", "a-.org"]
)
def test_what_is_no_domain_is_refused(text: str):
    """Too long, one label, numbers, empty labels, hyphens at an end."""
    with pytest.raises(ValueError, match="a domain name such as"):
        names.domain(text)
    with pytest.raises(ValueError, match="a full host name"):
        names.hostname(text)


def test_a_domain_has_up_to_253_signs():
    """RFC 1035, 2.3.4."""
    longest = ".".join(["a" * 63] * 3 + ["b" * 61])

    assert names.domain(longest) == longest
    with pytest.raises(ValueError, match="a domain name"):
        names.domain(longest + "b")


@pytest.mark.parametrize("local", ["a" * 64, "_alice", "alice-", "a.b_c-d", "0"])
def test_a_local_part_has_up_to_64_plain_signs(local: str):
    """RFC 5321, 4.5.3.1.1, without what would need quoting somewhere."""
    assert names.address(f"{local}@example.org") == f"{local}@example.org"


@pytest.mark.parametrize(
    "local", ["", "a" * 65, ".a", "a.", "a..b", "-a", "a+b", "a/b", "..", "a b", '"a"', "a:b", "a%b", "a@b", "ü", "a\n"]
)
def test_what_is_no_plain_local_part_is_refused(local: str):
    """A folder and a key it could not be."""
    with pytest.raises(ValueError, match="an address such as"):
        names.address(f"{local}@example.org")
