"""Nobody relays: the classic ways to write an address, from where Docker's gateway seems to write, and from a neighbour."""

import json

import pytest

from security.wire import Wire
from support.stack import Stack

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
    "after a wrong AUTH": ["AUTH PLAIN AGEAYg=="],
}
PORTS = {"25": ("SMTP", False), "25 in TLS": ("SMTP", True), "465": ("SUBMISSIONS", True), "587": ("SUBMISSION", True)}

# What a neighbour in the same network runs: the forms on its standard input, its answers on standard output.
NEIGHBOUR = """
import json, smtplib, sys
answers = {}
for form, (sender, recipient) in json.loads(sys.argv[1]).items():
    with smtplib.SMTP("mail.example.test", 25, local_hostname="neighbour.test", timeout=30) as server:
        server.command_encoding = "utf-8"
        server.ehlo()
        server.docmd("MAIL", "FROM:" + sender)
        answers[form] = server.docmd("RCPT", "TO:" + recipient)[0]
print(json.dumps(answers))
"""


def refused(wire: Wire, sender: str, recipient: str) -> bool:
    """Try a form; tell whether no message could be sent (a hang-up is a refusal too)."""
    said = wire.say(f"MAIL FROM:{sender}")
    if said.startswith("250"):
        said = wire.say(f"RCPT TO:{recipient}")
    return said == "" or said[0] in "45"


@pytest.mark.parametrize("port", PORTS)
def test_no_form_of_an_address_leads_through_us(fortress: Stack, port: str):
    """Each in a connection of its own, from the gateway: not one recipient is taken."""
    name, tls = PORTS[port]
    taken = []
    for form, (sender, recipient) in FORMS.items():
        with Wire(fortress, name, tls=tls) as wire:
            wire.say("EHLO attacker.test")
            if not refused(wire, sender, recipient):
                taken.append(form)

    assert set(taken) <= {"a local name"}
    assert fortress.world.sink.kept() == []


@pytest.mark.parametrize("prelude", PRELUDES)
def test_no_claim_before_it_makes_us_relay(fortress: Stack, prelude: str):
    """Neither a name nor an address that is not one's own, nor what came before."""
    with Wire(fortress, "SMTP", tls=False) as wire:
        wire.say("EHLO attacker.test")
        for line in PRELUDES[prelude]:
            wire.say(line)
        assert refused(wire, "<>", f"<u@{THERE}>")


def test_nothing_is_left_open_by_what_went_before(fortress: Stack, target):
    """After a reset, and without a sender, there is no recipient."""
    with Wire(fortress, "SMTP", tls=False) as wire:
        wire.say("EHLO attacker.test")
        wire.say("MAIL FROM:<>")
        assert wire.say(f"RCPT TO:<{target.address}>").startswith("250")
        wire.say("RSET")
        assert wire.say(f"RCPT TO:<{target.address}>").startswith("503")
        assert wire.say("DATA").startswith("503")


def test_a_neighbour_in_the_same_network_is_a_stranger_too(fortress: Stack):
    """A container beside ours has an address of our own network: it gets the same answers."""
    neighbour = fortress.world.start("neighbour", ["sleep", "infinity"], dns=[fortress.world.resolver])
    status, output = neighbour.exec_run(["python3", "-c", NEIGHBOUR, json.dumps(FORMS)])
    assert status == 0, output.decode()

    taken = {form for form, code in json.loads(output).items() if code == 250}
    assert taken <= {"a local name"}
