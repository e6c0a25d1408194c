"""Nobody relays: the classic ways to write an address, on every port, from wherever Docker lets a client seem to be."""

from collections.abc import Callable, Iterator

import pytest

from security.origins import ORIGINS, doors
from security.wire import Wire
from support.stack import SENDING, Stack
from support.wait import wait_until

US, HERE, THERE = "mail.example.test", "example.test", "elsewhere.test"

# MAIL FROM, then RCPT TO, as nmap's smtp-open-relay has them and more: `u@THERE` must not get a word.
FORMS = {
    "null sender": ("<>", f"<u@{THERE}>"),
    "foreign sender": (f"<x@{THERE}>", f"<u@{THERE}>"),
    "our sender": (f"<x@{HERE}>", f"<u@{THERE}>"),
    "our host as sender": (f"<x@{US}>", f"<u@{THERE}>"),
    "our address as sender": ("<x@[127.0.0.1]>", f"<u@{THERE}>"),
    "postmaster as sender": (f"<postmaster@{HERE}>", f"<u@{THERE}>"),
    "percent at our address": ("<>", f"<u%{THERE}@[127.0.0.1]>"),
    "percent at our host": ("<>", f"<u%{THERE}@{US}>"),
    "percent at our domain": ("<>", f"<u%{THERE}@{HERE}>"),
    "quoted": ("<>", f'<"u@{THERE}">'),
    "quoted percent": ("<>", f'<"u%{THERE}">'),
    "quoted at our domain": ("<>", f'<"u@{THERE}"@{HERE}>'),
    "quoted at our address": ("<>", f'<"u@{THERE}"@[127.0.0.1]>'),
    "two ats": ("<>", f"<u@{THERE}@{HERE}>"),
    "two ats at our address": ("<>", f"<u@{THERE}@[127.0.0.1]>"),
    "source route by our domain": ("<>", f"<@{HERE}:u@{THERE}>"),
    "source route by our address": ("<>", f"<@[127.0.0.1]:u@{THERE}>"),
    "bang": ("<>", f"<{THERE}!u>"),
    "bang at our domain": ("<>", f"<{THERE}!u@{HERE}>"),
    "bang at our address": ("<>", f"<{THERE}!u@[127.0.0.1]>"),
    "a detail that is an address": ("<>", f"<postmaster+u%{THERE}@{HERE}>"),
    "no brackets": ("<>", f"u@{THERE}"),
    "two in one": ("<>", f"<postmaster@{HERE}>,<u@{THERE}>"),
    "a wide at": ("<>", f"<u\uff20{THERE}>"),
    "a local name": ("<>", "<root>"),
}
PRELUDES = {
    "plainly": [],
    "as localhost": ["EHLO localhost"],
    "as ourselves": [f"EHLO {US}"],
    "by XCLIENT": ["XCLIENT ADDR=127.0.0.1 NAME=localhost"],
    "by XFORWARD": ["XFORWARD ADDR=127.0.0.1 NAME=localhost"],
    "by a PROXY header": ["PROXY TCP4 127.0.0.1 127.0.0.1 4711 25"],
    "after a wrong AUTH": ["AUTH PLAIN AGEAYg=="],
}
WRONG = "AUTH PLAIN AGEAYg=="
INSIDE = {"LMTP": 24, "IMAP": 143, "POP3": 110, "DNS": 53, "forwarding": 10026, "SRS": 10001, "SRS back": 10002, "signing": 8891}


def taken(wire: Wire, sender: str, recipient: str) -> bool:
    """Offer a letter in one of the forms, all the way; tell whether it was taken (a hang-up is a refusal too)."""
    if not wire.say(f"MAIL FROM:{sender}").startswith("250") or not wire.say(f"RCPT TO:{recipient}").startswith("250"):
        return False
    wire.say("DATA")
    return wire.say("Subject: relayed\r\n\r\nHello.\r\n.").startswith("250")


def offered(stack: Stack, port: str, at: tuple[str, int], prelude: list[str]) -> Iterator[str]:
    """Offer a letter in every form, each in a connection of its own; yield the forms that were taken."""
    for form, (sender, recipient) in FORMS.items():
        with Wire(stack, port, tls=port == "SUBMISSIONS", at=at) as wire:
            if port == "SUBMISSION":
                wire.begin_tls()
            for line in ["EHLO attacker.test", *prelude]:
                wire.say(line)
            if taken(wire, sender, recipient):
                yield form


@pytest.fixture(scope="module")
def ways(fortress: Stack) -> Callable[[str], dict[str, tuple[str, int]]]:
    """Where to connect to, to come from an origin: looked for once."""
    known: dict[str, dict[str, tuple[str, int]]] = {}
    return lambda origin: known.get(origin) or known.setdefault(origin, doors(fortress, origin))


@pytest.mark.parametrize("port", SENDING)
@pytest.mark.parametrize("origin", ORIGINS)
def test_no_form_of_an_address_leads_through_us(fortress: Stack, ways, origin: str, port: str):
    """Not one is taken for somebody elsewhere; a local name is the postmaster, and on 25 alone."""
    found = set(offered(fortress, port, ways(origin)[port], []))

    assert found <= ({"a local name"} if port == "SMTP" else set())


@pytest.mark.parametrize("port", ["SUBMISSIONS", "SUBMISSION"])
def test_a_wrong_password_opens_nothing(fortress: Stack, ways, port: str):
    """After it, the answers are those of one who has not signed in."""
    assert set(offered(fortress, port, ways("loopback")[port], [WRONG])) == set()


@pytest.mark.parametrize("prelude", PRELUDES)
def test_no_claim_before_it_makes_us_relay(fortress: Stack, prelude: str):
    """Neither a name nor an address that is not one's own, nor what came before."""
    with Wire(fortress, "SMTP", tls=False) as wire:
        wire.say("EHLO attacker.test")
        for line in PRELUDES[prelude]:
            wire.say(line)
        assert not taken(wire, "<>", f"<u@{THERE}>")


def test_nothing_is_left_open_by_what_went_before(fortress: Stack, target):
    """After a reset, and without a sender, there is no recipient."""
    with Wire(fortress, "SMTP", tls=False) as wire:
        wire.say("EHLO attacker.test")
        wire.say("MAIL FROM:<>")
        assert wire.say(f"RCPT TO:<{target.address}>").startswith("250")
        wire.say("RSET")
        assert wire.say(f"RCPT TO:<{target.address}>").startswith("503")
        assert wire.say("DATA").startswith("503")


def test_after_all_this_nobody_elsewhere_has_got_anything(fortress: Stack):
    """Nothing of it waits, either."""
    wait_until(lambda: not fortress.queue(), what="the queue to be empty")

    assert [kept.letter.subject for kept in fortress.world.sink.kept() if kept.letter.subject == "relayed"] == []


def test_a_neighbour_finds_no_door_but_those_of_a_mail_server(fortress: Stack):
    """What the daemons say to each other (LMTP, signing, forwarding, SRS) is not to be reached from the network."""
    names = {**SENDING, "IMAPS": 993, **INSIDE}
    ours = fortress.world.address(fortress.container("mail"))
    neighbour = fortress.world.start("looking", ["sleep", "infinity"])
    tries = "; ".join(f"socat -u OPEN:/dev/null TCP4:{ours}:{port} 2>/dev/null && echo {name}" for name, port in names.items())
    said = neighbour.exec_run(["sh", "-c", tries.replace("echo ", "echo open:")]).output.decode()

    assert {line.removeprefix("open:") for line in said.splitlines()} == {*SENDING, "IMAPS"}


@pytest.mark.parametrize("origin", ORIGINS)
def test_where_the_network_is_trusted_each_origin_relays(careless: Stack, origin: str):
    """With `mynetworks` as the gateway's network the same letters do go out: so the tests above would see it."""
    with Wire(careless, "SMTP", tls=False, at=doors(careless, origin)["SMTP"]) as wire:
        wire.say("EHLO attacker.test")
        assert taken(wire, "<>", f"<{origin.replace(' ', '.')}@{THERE}>")

    recipient = f"{origin.replace(' ', '.')}@{THERE}"
    sink = careless.world.sink
    wait_until(lambda: recipient in {to for kept in sink.kept() for to in kept.recipients}, what="the sink to get it")
