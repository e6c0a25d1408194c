"""People write to people: inside, outside, by aliases and details, in every script."""

import os
from email.headerregistry import Address

import pytest

from support import clients, letters
from support.letters import Letter
from support.people import Person

DIFFICULT = "Grüße aus 東京 🕊\n.\n..two dots\nFrom the first column\n\ttab, and spaces at the end   \n\nλόγος"
PAIRS = [("inside", "inside"), ("inside", "outside"), ("outside", "inside")]


@pytest.fixture
def somebody(make_person, outside):
    """Make a person by where they are: "inside" or "outside"."""
    return {"inside": lambda: make_person("Ida"), "outside": lambda: outside.person("otto")}


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_mail_reaches_the_other_side(somebody, here, there):
    """A letter arrives whoever writes it to whomever, unless both are strangers to us."""
    writer, reader = somebody[here](), somebody[there]()

    writer.send(to=reader, subject="Lunch?", text="Noon, usual place.")

    assert reader.inbox.wait_for(subject="Lunch?").text == "Noon, usual place."


@pytest.mark.parametrize(("here", "there"), PAIRS)
def test_a_difficult_letter_arrives_byte_for_byte(somebody, here, there):
    """UTF-8 in subject and text, dots, a `From ` and trailing spaces come out as they went in."""
    writer, reader = somebody[here](), somebody[there]()

    sent = writer.send(to=reader, subject="Größe: 東京 🕊", text=DIFFICULT)

    came = reader.inbox.wait_for(subject="Größe: 東京 🕊")
    assert came.text == DIFFICULT
    assert came.digest == sent.digest


def test_a_stranger_cannot_reach_another_stranger_through_us(stack, carol):
    """Port 25 is no way from outside to outside: the recipient is refused before any text is taken."""
    with clients.smtp(stack) as server:
        code, said = clients.envelope(server, carol.address, "dora@elsewhere.test")

    assert code == 554, said


def test_mail_for_nobody_is_refused_at_once(stack, carol):
    """Who does not exist is told to the sender's server at RCPT, so that no bounce is ever ours to send."""
    with clients.smtp(stack) as server:
        code, said = clients.envelope(server, carol.address, "nobody@example.test")

    assert code == 550, said


def test_elsewhere_gets_exactly_what_was_written(alice, sink):
    """A further domain's server, which keeps every byte, gets the text as Alice wrote it."""
    sent = alice.send(to="dora@elsewhere.test", subject="Byte for byte", text=DIFFICULT)

    kept = sink.wait_for(subject="Byte for byte")
    assert kept.letter.digest == sent.digest
    assert (kept.sender, kept.recipients) == (alice.address, ("dora@elsewhere.test",))


def test_mail_comes_in_from_elsewhere(stack, alice, sink):
    """A program that is no MTA, on a machine of a further domain, reaches Alice by our MX."""
    letter = letters.write(Address("Dora", "dora", "elsewhere.test"), [alice.mailbox], "Out of the blue", DIFFICULT)

    sink.send("dora@elsewhere.test", alice.address, letter, exchanger=stack.hostname)

    assert alice.inbox.wait_for(subject="Out of the blue").digest == Letter(letter).digest


def test_an_alias_reaches_everybody_behind_it(stack, make_person, carol):
    """One letter to an alias is in the inbox of each of its targets."""
    ida, bob = make_person("Ida"), make_person("Bob")
    team = f"team.{ida.mailbox.username}@other.test"
    stack.mailstead("alias", "add", team, ida.address, bob.address)

    carol.send(to=team, subject="To the team")

    assert ida.inbox.wait_for(subject="To the team")
    assert bob.inbox.wait_for(subject="To the team")


def test_an_alias_may_lead_outside(stack, alice, carol):
    """An alias with a target in another domain sends the letter on to it."""
    away = f"away.{alice.mailbox.username}@example.test"
    stack.mailstead("alias", "add", away, carol.address)

    alice.send(to=away, subject="Passed on")

    assert carol.inbox.wait_for(subject="Passed on")


def test_a_detail_is_part_of_the_address_only_for_its_reader(alice, carol):
    """alice+shop@ is Alice, and the letter still says how it was addressed."""
    detailed = alice.address.replace("@", "+shop@")

    carol.send(to=detailed, subject="Your order")

    assert alice.inbox.wait_for(subject="Your order").message["To"] == detailed


def test_several_recipients_get_one_letter_each(alice, bob, make_person, carol, sink):
    """One letter to people here and in two other places arrives once at each of them."""
    ida = make_person("Ida")

    alice.send(to=[bob, ida, carol, "dora@elsewhere.test"], subject="All of you")

    for reader in (bob, ida, carol):
        assert reader.inbox.wait_for(subject="All of you")
    assert sink.wait_for(subject="All of you").recipients == ("dora@elsewhere.test",)
    assert bob.inbox.subjects() == ida.inbox.subjects() == ["All of you"]


def test_a_20_mb_attachment_arrives_whole(alice, bob):
    """Twenty megabytes of anything come out as they went in."""
    film = os.urandom(20 * 2**20)

    alice.send(to=bob, subject="The film", text="Attached.", attachment=film)

    assert bob.inbox.wait_for(subject="The film").attachment == film


def test_a_letter_over_the_limit_is_refused_before_it_is_sent(alice, bob):
    """A client that announces more than MAIL_MESSAGE_SIZE_LIMIT hears 552 and need not upload anything."""
    with alice.signed_in() as server:
        code, said = clients.envelope(server, alice.address, bob.address, size=31 * 2**20)

    assert code == 552, said


def test_names_in_any_script_survive(make_person):
    """The names people give themselves arrive as written."""
    zoe, li = make_person("Zoë Ångström"), make_person("李 明")

    zoe.send(to=li, subject="名前")

    came = li.inbox.wait_for(subject="名前").message
    assert came["From"].addresses[0].display_name == "Zoë Ångström"
    assert came["To"].addresses[0].display_name == "李 明"


def test_the_same_name_in_two_domains_is_two_people(make_person, carol):
    """sam@example.test and sam@other.test have nothing in common but the name."""
    sam = make_person("Sam")
    other = make_person("Sam", domain="other.test", local_part=sam.mailbox.username)

    carol.send(to=sam, subject="For the first")
    carol.send(to=other, subject="For the second")

    assert sam.inbox.wait_for(subject="For the first")
    assert other.inbox.wait_for(subject="For the second")
    assert (sam.inbox.subjects(), other.inbox.subjects()) == (["For the first"], ["For the second"])


@pytest.mark.parametrize("role", ["postmaster", "abuse", "root", "MAILER-DAEMON"])
@pytest.mark.parametrize("domain", ["example.test", "other.test"])
def test_role_addresses_reach_the_postmaster(stack, carol, role, domain):
    """The addresses every domain must answer (RFC 2142, RFC 5321 4.5.1) are the postmaster's, in every domain of ours."""
    postmaster = Person(stack, Address("", "postmaster", "example.test"), stack.settings["MAIL_POSTMASTER_PASSWORD"])

    carol.send(to=f"{role}@{domain}", subject=f"Hello {role} of {domain}")

    assert postmaster.inbox.wait_for(subject=f"Hello {role} of {domain}")


@pytest.mark.parametrize("via", ["submissions", "submission"])
def test_nobody_writes_in_another_name(alice, bob, carol, via):
    """Who has signed in as Alice cannot send as Bob (553), neither on 465 nor on 587."""
    with alice.signed_in(via) as server:
        code, said = clients.envelope(server, bob.address, carol.address)

    assert code == 553, said


def test_the_owner_of_an_alias_may_write_in_its_name(stack, alice, carol):
    """An alias that leads to Alice is an address of hers, also as a sender."""
    sales = f"sales.{alice.mailbox.username}@example.test"
    stack.mailstead("alias", "add", sales, alice.address)

    with alice.signed_in() as server:
        code, said = clients.envelope(server, sales, carol.address)

    assert code == 250, said
