"""Mail of our people carries a signature that everybody can check, and only their own name under it."""

import json
import re
import smtplib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.headerregistry import Address

import dkim
import pytest

from support import letters
from support.dkim_keys import shown
from support.letters import Letter
from support.sink import Sink
from support.stack import Stack

DORA = "dora@elsewhere.test"
DIFFICULT = "Grüße aus 東京\n.\n..two dots\n\ttab, and spaces at the end   \n\nλόγος"


@pytest.fixture
def records(stack: Stack) -> Callable[[], Mapping[str, str]]:
    """What the DNS should have by `mailstead dkim show`: name to text."""

    def read() -> Mapping[str, str]:
        return {one["name"]: one["record"] for one in json.loads(stack.mailstead("dkim", "show", "--json"))}

    return read


@pytest.fixture
def arrived(sink: Sink) -> Callable[[str], Letter]:
    """The letter with a subject, as it came to elsewhere.test."""
    return lambda subject: sink.wait_for(subject=subject).letter


def verifies(letter: Letter, records: Mapping[str, str]) -> bool:
    """Whether a letter's signature is good by these records."""
    return dkim.verify(letter.raw, dnsfunc=shown(records))


def signature(letter: Letter) -> Mapping[str, str]:
    """Return the tags of a letter's signature."""
    (text,) = letter.message.get_all("DKIM-Signature")
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


@pytest.mark.parametrize("via", ["submissions", "submission"])
def test_a_letter_is_signed_in_the_name_of_its_domain(alice, arrived, records, via: str):
    """With its selector, as it was written, whichever port it came by."""
    alice.send(to=DORA, subject=f"Signed {via}", text=DIFFICULT, via=via)

    letter = arrived(f"Signed {via}")
    assert verifies(letter, records())
    assert (signature(letter)["d"], signature(letter)["s"]) == ("example.test", "m1r")


def test_the_records_are_those_of_a_verifier(alice, arrived, records):
    """A signature is not good by another key: what the flows check is no formality."""
    alice.send(to=DORA, subject="Another key")

    letter, found = arrived("Another key"), records()
    assert not verifies(letter, {**found, "m1r._domainkey.example.test": found["m1r._domainkey.other.test"]})


def test_a_new_domain_signs_from_its_first_letter_on(make_person, make_domain, arrived, records):
    """Its keys are there when `domain add` returns, and nothing was restarted."""
    name = make_domain()
    ida = make_person("Ida", domain=name)

    ida.send(to=DORA, subject=f"From {name}")

    letter = arrived(f"From {name}")
    assert verifies(letter, records())
    assert signature(letter)["d"] == name


def test_the_addresses_of_a_login_may_all_stand_in_from(stack, alice, arrived, records):
    """Its aliases, with or without a detail, and what it was given: `account set --may-send-as`."""
    sales = f"sales.{alice.mailbox.username}@other.test"
    stack.mailstead("alias", "add", sales, alice.address)

    for number, author in enumerate((sales, alice.address.replace("@", "+shop@"), alice.address.upper())):
        alice.post(f'From: "Sales, all day" <{author}>\r\nSubject: By another name {number}', DORA)

        assert verifies(arrived(f"By another name {number}"), records())
    assert signature(arrived("By another name 0"))["d"] == "other.test"


def test_an_address_elsewhere_that_was_given_is_sent_unsigned(stack, alice, arrived, sink):
    """Its domain's keys are not here; and its own server may have named ours (SPF): the envelope keeps it."""
    stack.mailstead("account", "set", alice.address, "--sender", "alice@partner.test")

    alice.post("From: alice@partner.test\r\nSubject: As a partner", DORA, sender="alice@partner.test")

    assert arrived("As a partner").message["DKIM-Signature"] is None
    assert sink.wait_for(subject="As a partner").sender == "alice@partner.test"


FORGED = {
    "another person": "From: {bob}",
    "another domain": "From: The Boss <boss@elsewhere.test>",
    "a name with an address in it": 'From: "{alice}" <{bob}>',
    "two lines": "From: {alice}\r\nFrom: {bob}",
    "two lines, the other way": "From: {bob}\r\nFrom: {alice}",
    "two authors": "From: {alice}, {bob}",
    "a group": "From: All of us:{alice},{bob};",
    "an empty group": "From: Undisclosed:;",
    "no address": "From: Alice",
    "a route": "From: <@example.test:{alice}>",
    "a bracket too many": "From: <{bob}> <{alice}>",
    "an open quote": 'From: "Alice <{alice}>',
    "a quoted bracket": 'From: "x\\" <{bob}>" y\\" <{bob}>',
    "a folded line": "From: Bob\r\n <{bob}>",
}


@pytest.mark.parametrize("header", FORGED.values(), ids=FORGED.keys())
def test_a_from_that_is_not_the_logins_is_refused(alice, bob, sink, header: str):
    """At once and in words: it is neither signed nor sent, since a letter without a signature may pass for the other's too."""
    with pytest.raises(smtplib.SMTPDataError) as refused:
        alice.post(header.format(alice=alice.address, bob=bob.address) + "\r\nSubject: Forged", DORA)

    assert refused.value.smtp_code == 550
    assert refused.value.smtp_error.startswith(b"5.7.1 ")
    assert b"From" in refused.value.smtp_error
    assert "Forged" not in [kept.letter.subject for kept in sink.kept()]


def test_a_letter_without_from_gets_the_senders(alice, arrived, records):
    """As a mail server for people does (RFC 6409, 8.2): then there is something to sign."""
    alice.post("Subject: Nobody's", DORA)

    letter = arrived("Nobody's")
    assert letter.message["From"].addresses[0].addr_spec == alice.address
    assert verifies(letter, records())


def test_what_comes_from_elsewhere_is_never_signed(stack, alice, carol, sink, arrived):
    """Also where it says that it is from here and is sent on: by port 25 anybody can say so."""
    away = f"away.{alice.mailbox.username}@example.test"
    stack.mailstead("alias", "add", away, DORA)
    forged = letters.write(alice.mailbox, [Address(addr_spec=away)], "In Alice's name", "Send money.")

    sink.send(carol.address, away, forged, exchanger=stack.hostname)

    assert arrived("In Alice's name").message["DKIM-Signature"] is None


@contextmanager
def out_of_reach(stack: Stack, folder: str) -> Iterator[None]:
    """Let nobody but its owner into a folder with a socket for a while, as if nobody answered there."""
    owner = stack.exec("stat", "--format=%U", folder).strip()
    run = ("setpriv", f"--reuid={owner}", "--clear-groups", "chmod")
    stack.exec(*run, "0700", folder)
    try:
        yield
    finally:
        stack.exec(*run, "0750", folder)


def test_while_nobody_signs_a_letter_is_put_off(stack, alice, sink):
    """4xx: the mail program tries again. It is never sent without a signature."""
    with out_of_reach(stack, "/run/opendkim/socket"), pytest.raises(smtplib.SMTPResponseException) as refused:
        alice.send(to=DORA, subject="Not now")

    assert refused.value.smtp_code in (451, 454)
    assert "Not now" not in [kept.letter.subject for kept in sink.kept()]


def test_a_next_key_signs_once_the_dns_shows_it(stack, make_person, make_domain, arrived, records):
    """The owner publishes what `dkim rotate` prints, in his own time; the old record stays a week."""
    name = make_domain()
    ida = make_person("Ida", domain=name)
    stack.mailstead("dkim", "rotate", name)
    ida.send(to=DORA, subject=f"Before {name}")
    assert signature(arrived(f"Before {name}"))["s"] == "m1r"

    stack.world.tell(*(_txt(*record) for record in records().items() if record[0].endswith(name)))
    said = stack.mailstead("dkim", "check", name)

    assert f"mail of {name} is signed with m2r from now on" in said
    ida.send(to=DORA, subject=f"After {name}")
    letter = arrived(f"After {name}")
    assert signature(letter)["s"] == "m2r"
    assert verifies(letter, records())
    states = {one["selector"]: one["state"] for one in json.loads(stack.mailstead("dkim", "show", name, "--json"))}
    assert states == {"m1r": "retired", "m1e": "retired", "m2r": "signing", "m2e": "signing"}


def _txt(name: str, text: str) -> str:
    strings = " ".join(f'"{one}"' for one in re.findall(".{1,255}", text))
    return f"{name} TXT {strings}"
