"""Before TLS nobody signs in, and nothing said before it counts after it; and some commands are for nobody."""

import base64
import socket
import ssl

import pytest

from security.wire import Wire
from support import sieve
from support.clients import HERE, TIMEOUT
from support.people import Person
from support.stack import Stack


def test_auth_is_refused_before_starttls(fortress: Stack):
    """On 587 it is not offered, and a password sent all the same is not looked at."""
    with Wire(fortress, "SUBMISSION", tls=False) as wire:
        assert "AUTH" not in wire.say("EHLO attacker.test")
        assert wire.say("AUTH PLAIN AGEAYg==").startswith("530")
        assert wire.say("MAIL FROM:<>").startswith("530")


def test_nobody_signs_in_on_25(fortress: Stack):
    """In TLS or not: it is for other servers."""
    for tls in (False, True):
        with Wire(fortress, "SMTP", tls=tls) as wire:
            assert "AUTH" not in wire.say("EHLO attacker.test")
            assert wire.say("AUTH PLAIN AGEAYg==").startswith("503 5.5.1")


def test_filters_are_changed_in_tls_alone(fortress: Stack, target: Person):
    """On 4190 no way to sign in is offered before it, and the right password is not looked at."""
    login = base64.b64encode(f"\0{target.address}\0{target.password}".encode())
    with socket.create_connection((HERE, fortress.ports["SIEVE"]), timeout=TIMEOUT) as plain:
        plain.sendall(b'AUTHENTICATE "PLAIN" "%s"\r\n' % login)
        said = b""
        while b"\r\nNO" not in said and (more := plain.recv(4096)):
            said += more

    assert b'"SASL" ""' in said
    assert b"\r\nNO" in said


@pytest.mark.parametrize("port", [143, 110, 24, 10025])
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


def test_a_command_put_behind_starttls_is_dropped_on_4190_too(fortress: Stack):
    """It is taken for a part of the handshake, which fails. Sent in TLS it is answered: so it would have been seen."""
    command = b'NOOP "here"\r\n'
    with pytest.raises(ssl.SSLError), sieve.encrypted(fortress, behind=command):
        pass
    with sieve.encrypted(fortress) as connection:
        connection.sendall(command + b"LOGOUT\r\n")
        assert b"here" in connection.makefile("rb").read()


@pytest.mark.parametrize(("command", "code"), [("VRFY", "502"), ("EXPN", "5"), ("ETRN", "5"), ("HELP", "214")])
def test_who_lives_here_is_told_to_nobody(fortress: Stack, command: str, code: str):
    """The same answer for people there are and people there are not."""
    offered, said = asked(fortress, command)

    assert command not in offered
    assert said[0] == said[1]
    assert said[0].startswith(code)


def test_where_it_is_told_the_difference_is_seen(careless: Stack):
    """With disable_vrfy_command=no."""
    _, said = asked(careless, "VRFY")

    assert said[0] != said[1]


def asked(stack: Stack, command: str) -> tuple[str, list[str]]:
    """Ask about somebody and about nobody; return what is offered, and the two answers."""
    with Wire(stack, "SMTP", tls=False) as wire:
        offered = wire.say("EHLO attacker.test")
        return offered, [wire.say(f"{command} {name}@example.test") for name in ("postmaster", "nobody")]


def harvest(stack: Stack) -> list[str]:
    """Ask for thirty people one after the other; return the answers there were."""
    with Wire(stack, "SMTP", tls=False) as wire:
        for line in ("EHLO attacker.test", "MAIL FROM:<>"):
            wire.say(line)
        said: list[str] = []
        while len(said) < 30 and not (said and said[-1].startswith("421")):
            said.append(wire.say(f"RCPT TO:<nobody{len(said)}@example.test>"))
    return said


def test_who_tries_names_is_cut_off(fortress: Stack, careless: Stack):
    """After twenty he is hung up on; with smtpd_hard_error_limit=100 he would have had them all."""
    said = harvest(fortress)

    assert {one[:9] for one in said[:-1]} == {"550 5.1.1"}
    assert len(said[:-1]) <= 20
    assert said[-1].startswith("421")
    assert len(harvest(careless)) == 30


def test_the_right_password_signs_in_once_it_is_encrypted(fortress: Stack, target: Person):
    """So that the refusals above are refusals of clear text, and of nothing else."""
    with target.signed_in("submission") as server:
        assert server.noop()[0] == 250
