"""Before TLS nobody signs in, and nothing said before it counts after it; and some commands are for nobody."""

import pytest

from security.wire import Wire
from support.people import Person
from support.stack import Stack


def test_auth_is_refused_before_starttls(fortress: Stack):
    """On 587 it is not offered, and a password sent all the same is not looked at."""
    with Wire(fortress, "SUBMISSION", tls=False) as wire:
        assert "AUTH" not in wire.say("EHLO attacker.test")
        assert wire.say("AUTH PLAIN AGEAYg==").startswith("530")
        assert wire.say("MAIL FROM:<>").startswith("530")


@pytest.mark.parametrize("port", [143, 110, 24, 4190, 10025])
def test_no_door_stands_open_in_clear(fortress: Stack, port: int):
    """Inside the container nothing listens for IMAP or POP3 without TLS, nor for what only its daemons speak."""
    listening = fortress.exec("sh", "-c", "cat /proc/net/tcp /proc/net/tcp6")

    assert f":{993:04X} 0" in listening
    assert f":{port:04X} 0" not in listening


@pytest.mark.parametrize("port", ["SMTP", "SUBMISSION"])
def test_a_command_put_behind_starttls_is_dropped(fortress: Stack, port: str):
    """Sent in one piece with STARTTLS it would be taken as if it had come encrypted (CVE-2011-0411)."""
    with Wire(fortress, port, tls=False) as wire:
        wire.begin_tls(behind=b"HELP\r\n")
        said = wire.say("NOOP") + wire.rest()

    assert [line[:3] for line in said.splitlines()] == ["250", "221"]


@pytest.mark.parametrize("address", ["postmaster@example.test", "nobody@example.test"])
@pytest.mark.parametrize("command", ["VRFY", "EXPN", "ETRN"])
def test_who_lives_here_is_told_to_nobody(fortress: Stack, command: str, address: str):
    """The same refusal for people there are and people there are not."""
    with Wire(fortress, "SMTP", tls=False) as wire:
        offered = wire.say("EHLO attacker.test")
        said = wire.say(f"{command} {address}")

    assert command not in offered
    assert said.startswith("5")
    assert "postmaster" not in said


def test_the_right_password_signs_in_once_it_is_encrypted(fortress: Stack, target: Person):
    """So that the refusals above are refusals of clear text, and of nothing else."""
    with target.signed_in("submission") as server:
        assert server.noop()[0] == 250
