"""The filter reads what people send: it signs it if it is theirs, and holds back who writes to too many."""

import contextlib
import itertools
import json
import smtplib
import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from email.headerregistry import Address

import dkim
import pytest

from mailstead.dns.txt import quoted
from support.dkim_keys import shown
from support.letters import Letter
from support.people import Person
from support.stack import Stack

DORA = "dora@elsewhere.test"


@pytest.fixture
def writer(filtered: Stack, make_person: Callable[..., Person]) -> Person:
    """Somebody who sends."""
    return make_person("Will", stack=filtered)


@pytest.fixture(scope="module")
def records(filtered: Stack) -> Mapping[str, str]:
    """The records of our keys, which the world's DNS shows: name to text."""
    found = {one["name"]: one["record"] for one in json.loads(filtered.mailstead("dkim", "show", "--json"))}
    for name, text in found.items():
        filtered.world.tell(f"{name} TXT {quoted(text)}")
    return found


def sent(stack: Stack, subject: str) -> Letter:
    """Return a letter as it came to elsewhere.test."""
    return stack.world.sink.wait_for(subject=subject).letter


def test_a_letter_carries_a_signature_of_each_kind(filtered: Stack, writer: Person, records: Mapping[str, str]):
    """RSA and Ed25519, for its domain; and whoever it comes to finds both good."""
    writer.send(to=DORA, subject="Signed twice")

    letter = sent(filtered, "Signed twice")
    signatures = letter.message.get_all("DKIM-Signature")
    assert sorted(text.split("a=")[1].split(";")[0] for text in signatures) == ["ed25519-sha256", "rsa-sha256"]
    assert all("d=example.test;" in text for text in signatures)
    rsa = next(number for number, text in enumerate(signatures) if "rsa-sha256" in text)
    assert dkim.DKIM(letter.raw).verify(idx=rsa, dnsfunc=shown(records))

    # It comes back from there to somebody here, whose filter asks the DNS.
    filtered.world.sink.send("dora@elsewhere.test", writer.address, letter.raw, exchanger=filtered.hostname)
    results = writer.inbox.wait_for("Signed twice").message["Authentication-Results"]
    assert results.count("dkim=pass") == 2


@pytest.mark.parametrize(
    "author",
    ["Somebody <somebody@example.test>", "Dora <dora@elsewhere.test>", "Will <{address}.evil.test>", "<postmaster@other.test>"],
)
def test_who_writes_under_anothers_name_is_refused(filtered: Stack, writer: Person, author: str):
    """Neither for somebody of his own domain, nor for another domain of ours, nor for a stranger; without a signature, too."""
    with pytest.raises(smtplib.SMTPDataError) as refused:
        writer.post(f"From: {author.format(address=writer.address)}\r\nSubject: Forged", DORA)

    assert refused.value.smtp_code == 554
    assert refused.value.smtp_error.startswith(b"5.7.1 ")
    assert writer.address.encode() in refused.value.smtp_error
    assert "Forged" not in [kept.letter.subject for kept in filtered.world.sink.kept()]


def test_an_alias_and_a_tag_are_ones_own(filtered: Stack, writer: Person):
    """What leads to an account alone or with others may stand in its From, from the moment it is there."""
    alias = f"info-{writer.mailbox.username}@example.test"
    filtered.mailstead("alias", "add", alias, writer.address)
    numbers = itertools.count()
    tag = writer.address.replace("@", "+lists@")

    def signed(author: str) -> bool:
        subject = f"From {author} {next(numbers)}"
        writer.post(f"From: {author}\r\nSubject: {subject}", DORA)
        return sent(filtered, subject).message.get_all("DKIM-Signature") is not None

    assert signed(tag)
    assert signed(alias)


def test_an_account_that_writes_to_too_many_is_held_back(filtered: Stack, make_person: Callable[..., Person], writer: Person):
    """At once half of the hour's limit, whether in one letter or in many; others are not touched, the postmaster hears once."""
    thief = make_person("Mallory", stack=filtered)
    for number in range(10):
        thief.send(to=DORA, subject=f"Spam {number}")
    everybody = [DORA, "postmaster@example.test", *(f"person{number}@elsewhere.test" for number in range(9))]
    for to in ([DORA], everybody):
        with pytest.raises(smtplib.SMTPDataError) as held:
            thief.send(to=to, subject="Too much")
        assert (held.value.smtp_code, held.value.smtp_error[:5]) == (451, b"4.7.1")
    writer.send(to=DORA, subject="Not touched")

    assert sent(filtered, "Not touched")
    address = Address("Postmaster", "postmaster", "example.test")
    postmaster = Person(filtered, address, filtered.settings["MAIL_POSTMASTER_PASSWORD"])
    subject = f"{thief.address} has come to its limit of recipients"
    postmaster.inbox.wait_for(subject)
    assert postmaster.inbox.subjects().count(subject) == 1
    assert "Too much" not in [kept.letter.subject for kept in filtered.world.sink.kept()]


def test_a_stolen_account_gets_out_no_more_than_its_limit(filtered: Stack, make_person: Callable[..., Person], writer: Person):
    """Of 5000 recipients, as fast as they can be offered, those of the limit; meanwhile others write as they did before."""
    thief = make_person("Mallory", stack=filtered)
    before = latency(writer)
    with ThreadPoolExecutor() as pool:
        offered = pool.submit(lambda: [offer(thief, number) for number in range(100)])
        during = latency(writer)

    assert sum(accepted for accepted, _ in offered.result()) <= 20
    assert sum(wanted for _, wanted in offered.result()) == 5000
    assert during < 5 * before + 0.5


def offer(thief: Person, turn: int) -> tuple[int, int]:
    """Offer five letters to ten people each over one connection; return how many recipients were taken, and how many offered."""
    people = [f"victim{turn}.{number}@elsewhere.test" for number in range(10)]
    letter = f"From: {thief.address}\r\nSubject: Offer\r\n\r\nBuy.\r\n".encode()
    taken = 0
    with thief.signed_in() as server:
        for _ in range(5):
            with contextlib.suppress(smtplib.SMTPDataError):
                server.sendmail(thief.address, people, letter)
                taken += len(people)
    return taken, 5 * len(people)


def latency(writer: Person) -> float:
    """Return the seconds that a letter of somebody's takes to be accepted: the median of four."""
    taken = []
    for _ in range(4):
        begin = time.monotonic()
        writer.send(to="carol@elsewhere.test", subject="In time")
        taken.append(time.monotonic() - begin)
    return statistics.median(taken)
