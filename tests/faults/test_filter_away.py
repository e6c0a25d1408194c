"""The filter away: nothing is taken unread, nothing leaves unsigned, and all of it comes later."""

import re
import smtplib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from support import filter as filters
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

TEMPORARY = r"\b45[14]\b"
"""What Postfix says to a letter without its milter, and to STARTTLS or AUTH before it."""
_KILL = """
import os, pathlib
for place in pathlib.Path("/proc").glob("[0-9]*"):
    if (place / "comm").read_text() == "valkey-server\\n":
        os.kill(int(place.name), 9)
"""


@pytest.fixture
def person(filtered: Stack, make_person: Callable[..., Person]) -> Person:
    """Somebody who sends and reads."""
    return make_person("Ann", stack=filtered)


def refusals(stack: Stack, person: Person) -> list[str]:
    """Try to send and to receive; return what both were answered."""
    with pytest.raises(smtplib.SMTPResponseException) as sending:
        person.send(to="dora@elsewhere.test", subject="Unread")
    with pytest.raises(AssertionError) as receiving:
        filters.receive(stack, person.mailbox, "Unread")
    return [str(sending.value.smtp_code), str(receiving.value)]


def assert_it_reads_again(stack: Stack, person: Person) -> None:
    """A letter comes and goes as before, and what was refused is nowhere."""
    stack.wait_healthy()
    person.send(to=person, subject="Back again")

    assert person.inbox.wait_for("Back again").message["DKIM-Signature"]
    assert "Unread" not in person.inbox.subjects()
    assert "Unread" not in [kept.letter.subject for kept in stack.world.sink.kept()]


def test_a_filter_that_is_gone_puts_mail_off_and_comes_back_under_another_address(filtered: Stack, person: Person):
    """Put off at once, whichever way the letter goes; a container made anew is found by its name."""
    filtered.compose("rm", "--stop", "--force", "filter")
    started = time.monotonic()
    answers = refusals(filtered, person)

    assert [answer for answer in answers if not re.search(TEMPORARY, answer)] == []
    assert time.monotonic() - started < 10
    assert "ILL  filter" in filtered.attempt("mailstead", "health").output
    with somebody_takes_its_address(filtered):
        filtered.compose("up", "--detach", "--no-build", "filter")
        assert_it_reads_again(filtered, person)


@contextmanager
def somebody_takes_its_address(stack: Stack) -> Iterator[None]:
    """Have another container in the inner network, which gets the address that is free."""
    image, network = stack.container("mail").image, f"{stack.name}_inside"
    other = stack.run.client.containers.run(
        image, ["60"], entrypoint="sleep", network=network, detach=True, labels=stack.run.labels
    )
    try:
        yield
    finally:
        other.remove(force=True)


def test_a_filter_that_hangs_puts_mail_off(filtered: Stack, person: Person):
    """Alive and deaf: put off within half a minute each, and reading mail is not touched."""
    container = filtered.container("filter")
    container.pause()
    try:
        started = time.monotonic()
        answers = refusals(filtered, person)
        took = time.monotonic() - started
        person.inbox.subjects()
    finally:
        container.unpause()

    assert [answer for answer in answers if not re.search(TEMPORARY, answer)] == []
    assert took < 60
    assert_it_reads_again(filtered, person)


def test_what_it_has_learned_outlives_a_kill(filtered: Stack):
    """Valkey is killed, started again, and knows what it knew."""
    letter = "Subject: Words nobody knows\r\n\r\n" + " ".join(uuid.uuid4().hex[:9] for _ in range(40))
    assert filters.teach(filtered, [("spam", letter)]) == 1
    before = filters.learned(filtered)
    assert filters.ask(filtered, "python3", "-c", _KILL).status == 0

    wait_until(lambda: filters.ask(filtered, "mailstead", "health", "filter").status == 0, what="the filter to be well again")
    assert filters.learned(filtered) == before
