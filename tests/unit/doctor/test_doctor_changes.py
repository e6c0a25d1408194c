"""What has changed since the last look, and the letter about it."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mailstead.doctor import Finding, Status, changes, words
from mailstead.settings import Settings


def found(**statuses: str) -> list[Finding]:
    """Return findings by their ids, `_` for the dot and the colon: found(dns_mx="fail")."""
    ids = {name: name.replace("_", ".", 1).replace("_", ":") for name in statuses}
    mends = {"fail": "mend it", "warn": "mend it"}
    return [Finding(ids[name], Status(one), "said", mends.get(one, "")) for name, one in statuses.items()]


def told(findings: list[Finding]) -> dict[str, str]:
    """Return the ids of what is told, and how each is."""
    return {one.id: one.status for one in findings}


def since_last(findings: list[Finding], note: Path) -> list[Finding]:
    """Return what has changed, and note it, as the verb does."""
    before = changes.read(note)
    changed = changes.since(before, findings)
    changes.keep(before, findings, note)
    return changed


@pytest.fixture
def note(tmp_path: Path) -> Path:
    """Where it is noted."""
    return tmp_path / "doctor.json"


def test_at_the_first_look_all_that_is_not_in_order_is_new(note: Path):
    """What is in order is no news."""
    assert told(since_last(found(dns_mx="pass", dns_spf="fail", machine_disk="warn", world_clock="skip"), note)) == {
        "dns.spf": "fail",
        "machine.disk": "warn",
    }


def test_what_stays_as_it_is_is_told_once(note: Path):
    """However often one looks; the words may differ meanwhile."""
    since_last(found(dns_spf="fail"), note)

    assert since_last(found(dns_spf="fail"), note) == []


def test_worse_and_better_are_told(note: Path):
    """From WARN to FAIL, and back to PASS."""
    since_last(found(dns_spf="warn"), note)

    assert told(since_last(found(dns_spf="fail"), note)) == {"dns.spf": "fail"}
    assert told(since_last(found(dns_spf="pass"), note)) == {"dns.spf": "pass"}


def test_what_was_not_tested_is_as_it_was(note: Path):
    """A day without the DNS makes no letter, and neither does the day after."""
    since_last(found(dns_spf="fail"), note)

    assert since_last(found(dns_spf="skip"), note) == []
    assert since_last(found(dns_spf="fail"), note) == []


def test_a_trouble_that_is_not_spoken_of_any_more_is_mended(note: Path):
    """Where its check was carried out: one that names what is wrong says nothing of it once it is right."""
    since_last(found(settings_postfix_mynetworks="fail", dns_mx_a="fail"), note)

    assert told(since_last(found(settings_postfix="pass", dns_mx="skip"), note)) == {"settings.postfix:mynetworks": "pass"}
    assert since_last(found(settings_postfix="pass", dns_mx="skip"), note) == []


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "\xff"])
def test_a_note_that_cannot_be_read_is_made_anew(note: Path, text: str):
    """As if this were the first look."""
    note.write_text(text)

    assert told(since_last(found(dns_spf="fail"), note)) == {"dns.spf": "fail"}
    assert since_last(found(dns_spf="fail"), note) == []


def test_the_letter_names_what_to_type(make_settings: Callable[..., Settings]):
    """To the postmaster, of the server, so that no program answers it."""
    settings = make_settings(hostname="mail.example.org", postmaster="alice@example.org", domains="example.org")
    letter = words.letter(found(dns_spf="fail", dns_mx="pass"), settings)

    assert letter["To"] == "alice@example.org"
    assert letter["Subject"] == "mail.example.org: 1 thing needs you"
    assert letter["Auto-Submitted"] == "auto-generated"
    text = letter.get_content()
    assert text.startswith("Not in order:\n\nFAIL dns.spf: said\n     mend: mend it\n\nIn order again:\n\nPASS dns.mx: said\n")
    assert "MAIL_DOCTOR_MAIL=no" in text


def test_a_letter_about_what_is_mended_says_so(make_settings: Callable[..., Settings]):
    """Nobody is frightened by it."""
    assert words.letter(found(dns_mx="pass"), make_settings())["Subject"] == "mail.example.test: 1 thing is in order again"


def test_a_line_says_how_it_is_and_the_next_what_to_type():
    """The ids in a column; a line that needs no mending stands alone."""
    assert words.lines(found(dns_mx="pass", dns_spf="fail")) == [
        "PASS dns.mx   said",
        "FAIL dns.spf  said",
        "              mend: mend it",
    ]
    assert words.summary(found(dns_mx="pass", dns_spf="fail"), 1.24) == "1 PASS, 0 WARN, 1 FAIL, 0 SKIP in 1.2 s"
