"""Looking inside: the commands of Postfix that people know work by `docker compose exec`."""

import pytest

from support.people import Person
from support.stack import Stack
from support.wait import wait_until


@pytest.fixture
def waiting(sturdy: Stack, victim: Person) -> str:
    """The queue id of a message that waits: the world's DNS does not know its way yet."""
    sturdy.world.tell("late.test MX 10 mx.late.test", "mx.late.test A 203.0.113.1")
    before = set(sturdy.queue())
    victim.send(to="somebody@late.test", subject="It waits", text="Find me in the queue.")
    (new,) = wait_until(lambda: set(sturdy.queue()) - before, what="the message to be in the queue")
    yield new
    sturdy.exec("postsuper", "-d", new)


def test_the_queue_can_be_read(sturdy: Stack, victim: Person, waiting: str):
    """What waits, from whom, to whom; and the message itself."""
    assert waiting in sturdy.exec("postqueue", "-p")
    assert "somebody@late.test" in sturdy.exec("postqueue", "-p")
    shown = sturdy.exec("postcat", "-q", waiting)
    assert "Subject: It waits" in shown
    assert "Find me in the queue." in shown
    assert victim.address in shown


def test_the_queue_can_be_tried_now(sturdy: Stack, waiting: str):
    """`postfix flush`, and `postqueue -f` as it is called today."""
    sturdy.exec("postfix", "flush")
    sturdy.exec("postqueue", "-f")

    assert waiting in sturdy.queue()


def test_the_configuration_can_be_read_and_has_no_fault(sturdy: Stack):
    """`postconf -n` shows it, and neither it nor `postfix check` nor `doveconf` warns of anything."""
    shown = sturdy.exec("postconf", "-n")

    assert "myhostname = mail.example.test\n" in shown
    assert "warning" not in shown
    assert "warning" not in sturdy.exec("postfix", "check")
    assert "ssl = required\n" in sturdy.exec("doveconf", "-n")
    assert "Warning" not in sturdy.exec("doveconf", "-n")


def test_postfix_can_be_reloaded(sturdy: Stack, victim: Person):
    """And goes on taking mail."""
    sturdy.exec("postfix", "reload")
    victim.send(to=victim, subject="After the reload")

    assert victim.inbox.wait_for("After the reload")


def test_the_tables_can_be_asked(sturdy: Stack, victim: Person):
    """Where an address leads, whose it is, and that nobody has it."""
    table = "cdb:/var/lib/mailstead/projection"

    assert sturdy.exec("postmap", "-q", "abuse@example.test", f"{table}/addresses") == "postmaster@example.test\n"
    assert sturdy.exec("postmap", "-q", victim.address, f"{table}/senders") == f"{victim.address}\n"
    assert sturdy.attempt("postmap", "-q", "nobody@example.test", f"{table}/addresses").status == 1
