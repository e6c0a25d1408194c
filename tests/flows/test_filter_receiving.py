"""The filter reads what comes in: what it refuses, what it puts into Junk, and what it learns from people."""

import random
from collections.abc import Callable, Sequence
from email.headerregistry import Address

import pytest

from support import filter as filters
from support import letters
from support.filter import FRIEND, GTUBE, JUNK, REJECTED
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

HAM = ("garden", "school", "dinner", "family", "holiday", "photos", "train", "weekend", "recipe", "birthday", "doctor", "kitchen")
SPAM = ("casino", "winner", "lottery", "pills", "cheap", "discount", "million", "inheritance", "bonus", "pharmacy", "loan")
BETWEEN = ("the", "a", "and", "you", "we", "for", "with", "this", "that", "have", "from", "will", "your", "our", "can", "please")


@pytest.fixture
def reader(filtered: Stack, make_person: Callable[..., Person]) -> Person:
    """Somebody whose mail is read by the filter first."""
    return make_person("Rita", stack=filtered)


def test_everything_is_well_in_both_containers(filtered: Stack):
    """The mail container has a line about the filter, which has lines of its own."""
    assert "well filter" in filtered.mailstead("health")
    said = filters.ask(filtered, "mailstead", "health", "filter")

    assert said.status == 0
    assert [line.split()[:2] for line in said.output.splitlines()] == [
        ["well", name] for name in ("supervisor", "unbound", "valkey", "rspamd", "disks")
    ]


def test_a_friends_letter_arrives_with_what_was_checked(filtered: Stack, reader: Person):
    """SPF and DMARC pass, and the letter is sealed; the header is the server's own."""
    filters.receive(filtered, reader.mailbox, "From a friend")

    letter = reader.inbox.wait_for("From a friend")
    (results,) = letter.message.get_all("Authentication-Results")
    assert results.startswith("mail.example.test;")
    assert {"spf=pass", "dmarc=pass"} <= {word.strip(";") for word in results.split()}
    assert "d=example.test" in letter.message["ARC-Seal"]


def test_nobody_writes_the_filters_headers_but_the_filter(filtered: Stack, reader: Person):
    """What a stranger puts there is gone, but for what others have checked; nor does it put his letter into Junk."""
    forged = (
        "Authentication-Results: mail.example.test; dkim=pass header.d=bank.test\r\n"
        "Authentication-Results: mx.other.test; spf=none\r\n"
        "X-Spam: no\r\nX-Spam-Status: No, score=-99\r\nX-Spamd-Result: default: False [-99.00 / 15.00]\r\n"
    )
    filters.receive(filtered, reader.mailbox, "Trust me", headers=forged)

    letter = reader.inbox.wait_for("Trust me")
    assert "bank.test" not in str(letter.message.get_all("Authentication-Results"))
    assert "mx.other.test; spf=none" in letter.message.get_all("Authentication-Results")
    assert letter.message.get_all("X-Spam") is None
    assert "-99" not in str(letter.message.get_all("X-Spam-Status") + letter.message.get_all("X-Spamd-Result"))


def test_spam_is_refused(filtered: Stack, reader: Person):
    """GTUBE, the letter every filter knows: 554, so that its sender hears of it."""
    with pytest.raises(AssertionError, match=r"55[04], b'5\.7\.1"):
        filters.receive(filtered, reader.mailbox, "GTUBE", REJECTED + GTUBE)


def test_what_looks_like_spam_goes_into_junk(filtered: Stack, reader: Person):
    """And its reader's own scripts do not see it: nobody gets a vacation reply for spam."""
    filters.receive(filtered, reader.mailbox, "Perhaps spam", JUNK + GTUBE)

    assert reader.inbox.wait_for("Perhaps spam", folder="Junk").message.get_all("X-Spam") == ["Yes"]
    assert reader.inbox.subjects() == []


def test_a_forged_sender_is_treated_as_his_domain_asks(filtered: Stack, reader: Person):
    """DMARC: p=reject is refused, p=quarantine goes into Junk."""
    mallory = "mallory@elsewhere.test"
    with pytest.raises(AssertionError, match=r"55[04], b'5\.7\.1"):
        filters.receive(filtered, reader.mailbox, "I am Fred", envelope=mallory)
    bank = Address("Bank", "bank", "quarantining.test")
    filters.receive(filtered, reader.mailbox, "I am your bank", sender=bank, envelope=mallory)

    assert reader.inbox.wait_for("I am your bank", folder="Junk")


def test_programs_are_not_taken(filtered: Stack, reader: Person):
    """EICAR is no spam; but what Windows would start by a click comes from nobody."""
    eicar = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
    letter = letters.write(FRIEND, [reader.mailbox], "Look", "See here\n", eicar)
    with pytest.raises(AssertionError, match="Programs are not accepted"):
        filtered.world.sink.send(
            "fred@friend.test", reader.address, letter.replace(b'"attachment"', b'"eicar.com"'), exchanger=filtered.hostname
        )


def test_an_unknown_and_doubtful_sender_comes_again(filtered: Stack, reader: Person):
    """Greylisting: what has some points, and not enough for Junk, is put off at the first time."""
    with pytest.raises(AssertionError, match="try again in five minutes"):
        filters.receive(filtered, reader.mailbox, "Said to be spam", headers="X-Spam: Yes\r\n")


def test_moving_a_letter_into_junk_and_out_of_it_teaches(filtered: Stack, reader: Person):
    """Within seconds the filter has learned from it, once of each kind."""
    before = filters.learned(filtered)
    filters.receive(filtered, reader.mailbox, "Not what I ordered", "\n".join(SPAM) + "\n")
    reader.inbox.wait_for("Not what I ordered")
    filters.receive(filtered, reader.mailbox, "Dinner?", JUNK + GTUBE + "\n" + "\n".join(HAM) + "\n")
    reader.inbox.wait_for("Dinner?", folder="Junk")
    for origin, to in (("INBOX", "Junk"), ("Junk", "INBOX")):
        with reader.inbox.imap(origin) as server:
            assert server.uid("MOVE", "1", to)[0] == "OK"

    wait_until(
        lambda: filters.learned(filtered) == {name: count + 1 for name, count in before.items()},
        what="the filter to have learned from both",
    )


def words(kind: Sequence[str], seed: int) -> str:
    """Return a text of eighty words, half of them of one kind."""
    choice = random.Random(seed).choice
    return " ".join(choice(kind if number % 2 else BETWEEN) for number in range(80)) + "\n"


def corpus(kind: str, of: Sequence[str]) -> list[tuple[str, str]]:
    """Return more than two hundred letters of a kind."""
    nobody = Address("", "nobody", "example.test")
    return [(kind, letters.write(FRIEND, [nobody], f"Letter {seed}", words(of, seed)).decode()) for seed in range(220)]


def test_what_was_learned_moves_the_scores(filtered: Stack, reader: Person):
    """Two hundred letters of each kind: the next of one has points for it; that of the other is put off, and came in before."""
    filters.receive(filtered, reader.mailbox, "Not known yet", words(SPAM, 999))
    reader.inbox.wait_for("Not known yet")
    # Some are so like those before that they teach nothing.
    assert filters.teach(filtered, corpus("ham", HAM) + corpus("spam", SPAM)) >= 400
    filters.receive(filtered, reader.mailbox, "Like ham", words(HAM, 1000))
    with pytest.raises(AssertionError, match="try again in five minutes"):
        filters.receive(filtered, reader.mailbox, "Like spam", words(SPAM, 1000))

    assert filters.symbols(reader.inbox.wait_for("Like ham"))["BAYES_HAM"] < 0
