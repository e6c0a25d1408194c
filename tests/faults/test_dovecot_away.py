"""Dovecot away: mail is taken, waits, and arrives; nobody gets a bounce."""


import pytest

from stack.processes import daemon, held_still, signal
from support.people import Person
from support.stack import Stack
from support.wait import wait_until


@pytest.fixture
def people(struck: Stack, make_person) -> tuple[Person, Person]:
    """A writer and a reader."""
    return make_person("Will", stack=struck), make_person("Rita", stack=struck)


def test_mail_waits_for_a_dovecot_that_falls_and_comes_back(struck: Stack, people: tuple[Person, Person]):
    """Put off while its socket is gone, delivered within seconds of its return, without a hand."""
    writer, reader = people
    struck.exec("rm", "/run/dovecot/lmtp")
    letter = writer.send(to=reader, subject="While you were out")
    wait_until(lambda: "deferred" in struck.queue().values(), what="the message to be put off")
    signal(struck, "KILL", daemon(struck, "dovecot").pid)
    struck.wait_healthy()

    assert reader.inbox.wait_for("While you were out", within=10).digest == letter.digest
    assert writer.inbox.subjects() == []


def test_mail_waits_for_a_dovecot_that_hangs(struck: Stack, people: tuple[Person, Person]):
    """Alive and deaf: its quota is not waited for longer than ten seconds, and the message is taken."""
    writer, reader = people
    with writer.signed_in() as server, held_still(struck, "dovecot"):
        server.sendmail(writer.address, [reader.address], "Subject: Wake up\r\n\r\nIt is late.\r\n")

    assert reader.inbox.wait_for("Wake up", within=60).text == "It is late."
    assert writer.inbox.subjects() == []
