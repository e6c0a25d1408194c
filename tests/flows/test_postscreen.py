"""Strangers at port 25 are looked at before they are let in: whether they wait, and what the lists say of them."""

import ipaddress
import time
from collections.abc import Iterator

import pytest
from docker.models.containers import Container

from support import clients
from support.stack import Stack

TALK = """
import socket, sys, time
begun = time.monotonic()
with socket.create_connection((sys.argv[1], 25), timeout=20) as connection:
    words = connection.makefile("rw", newline="")
    def said():
        while (line := words.readline())[3:4] == "-": pass
        return line.strip()
    if sys.argv[2] == "at once":
        words.write("EHLO me.test\\r\\n"); words.flush()
    greeting = said()
    print(round(time.monotonic() - begun, 1))
    for line in ("EHLO me.test", "MAIL FROM:<>", f"RCPT TO:<{sys.argv[3]}>"):
        words.write(line + "\\r\\n"); words.flush()
        answer = said()
    print(answer)
"""


@pytest.fixture(scope="module")
def watchful(open_stack) -> Iterator[Stack]:
    """A stack that takes no address for known, and asks three lists."""
    lists = "bl.test*2 refusing.test*3 good.test*-2"
    own = {"POSTFIX_postscreen_access_list": "permit_mynetworks", "MAIL_DNSBL": lists, "MAIL_DNSBL_THRESHOLD": "2"}
    with open_stack(**own) as stack:
        yield stack


@pytest.fixture
def stranger(watchful: Stack, request: pytest.FixtureRequest) -> Container:
    """A machine in the stack's world that nobody has heard of."""
    return watchful.world.start(f"stranger-{abs(hash(request.node.name)) % 10**6}", ["sleep", "infinity"])


def listed(stack: Stack, stranger: Container, zone: str, answer: str) -> None:
    """Have a list know a stranger."""
    address = ipaddress.ip_address(stack.world.address(stranger))
    stack.world.tell(f"{address.reverse_pointer.removesuffix('.in-addr.arpa')}.{zone} A {answer}")


def talk(stack: Stack, stranger: Container, *, at_once: bool = False) -> tuple[float, str]:
    """Have a stranger offer a letter; return how long the greeting took (seconds) and the answer to its RCPT."""
    command = ["python3", "-c", TALK, stack.hostname, "at once" if at_once else "", "postmaster@example.test"]
    status, output = stranger.exec_run(command, environment={})
    assert status == 0, output.decode()
    seconds, answer = output.decode().splitlines()
    return float(seconds), answer


@pytest.fixture(autouse=True)
def known_by_name(watchful: Stack, stranger: Container) -> None:
    """Strangers find the stack by its address: the world's DNS is not their resolver."""
    container = watchful.run.client.containers.get(f"{watchful.name}-mail-1")
    stranger.exec_run(["sh", "-c", f"echo {watchful.world.address(container)} {watchful.hostname} >> /etc/hosts"])


def test_who_waits_is_let_in_and_need_not_wait_again(watchful: Stack, stranger: Container):
    """Two seconds, once; what comes after is Postfix as ever."""
    seconds, answer = talk(watchful, stranger)
    assert answer.startswith("250 ")
    assert 1.5 < seconds < 5

    seconds, answer = talk(watchful, stranger)
    assert answer.startswith("250 ")
    assert seconds < 1


def test_who_talks_before_the_greeting_is_turned_away_and_not_remembered(watchful: Stack, stranger: Container):
    """There may be many behind an address: the next one who waits is let in."""
    assert talk(watchful, stranger, at_once=True)[1].startswith("550 5.5.1")
    assert talk(watchful, stranger)[1].startswith("250 ")


def test_who_is_on_a_list_is_turned_away(watchful: Stack, stranger: Container):
    """The sender is told which list it was."""
    listed(watchful, stranger, "bl.test", "127.0.0.2")

    _, answer = talk(watchful, stranger)
    assert answer.startswith("550 5.7.1")
    assert "blocked using bl.test" in answer


@pytest.mark.parametrize("answer", ["127.255.255.252", "127.255.255.254", "127.255.255.255", "192.0.2.1"])
def test_a_list_that_refuses_the_question_lists_nobody(watchful: Stack, stranger: Container, answer: str):
    """Nor does one that has died and answers everything with an address of its new owner."""
    listed(watchful, stranger, "refusing.test", answer)

    assert talk(watchful, stranger)[1].startswith("250 ")


def test_weights_are_added_and_a_good_name_outweighs_a_bad_one(watchful: Stack, stranger: Container):
    """2 - 2 is less than 2."""
    listed(watchful, stranger, "bl.test", "127.0.0.2")
    listed(watchful, stranger, "good.test", "127.0.5.2")

    assert talk(watchful, stranger)[1].startswith("250 ")


def test_who_has_a_good_name_alone_need_not_wait(watchful: Stack, stranger: Container):
    """The lists' answer is all there is to wait for."""
    listed(watchful, stranger, "good.test", "127.0.5.2")

    seconds, answer = talk(watchful, stranger)
    assert answer.startswith("250 ")
    assert seconds < 1.5


def test_a_known_client_is_greeted_at_once(stack: Stack):
    """Docker's gateway as it stands for whoever comes over the loopback: nobody at home waits."""
    begun = time.monotonic()
    with clients.smtp(stack) as server:
        assert server.ehlo()[0] == 250
    assert time.monotonic() - begun < 1.5
