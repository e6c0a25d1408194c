"""The filter away: nothing is taken unread, nothing leaves unsigned, and all of it comes later."""

import re
import smtplib
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from faults.ledger import Ledger
from faults.load import BROKEN_OFF, PUT_OFF, Load
from faults.reading import judge, throw_away
from support import clients
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


@contextmanager
def gone(stack: Stack) -> Iterator[None]:
    """Have no filter for a while."""
    stack.compose("stop", "filter")
    try:
        yield
    finally:
        stack.compose("start", "filter")


@contextmanager
def hung(stack: Stack) -> Iterator[None]:
    """Have one that answers nothing for a while."""
    container = stack.container("filter")
    container.pause()
    try:
        yield
    finally:
        container.unpause()


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
    with hung(filtered):
        started = time.monotonic()
        answers = refusals(filtered, person)
        took = time.monotonic() - started
        person.inbox.subjects()

    assert [answer for answer in answers if not re.search(TEMPORARY, answer)] == []
    assert took < 60
    assert_it_reads_again(filtered, person)


AWAY: dict[str, Callable[[Stack], AbstractContextManager[None]]] = {"gone": gone, "hung": hung}


def taken_by_smtp(load: Load) -> int:
    """Return how many letters the filter must have read."""
    return load.taken["inbound"] + load.taken["submission"]


@pytest.mark.long
@pytest.mark.parametrize("away", AWAY)
def test_a_filter_away_for_long_under_load_costs_no_mail(
    screened: Stack,
    screened_readers: list[Person],
    minutes: float,
    figure: Callable[[str, object], None],
    monkeypatch: pytest.MonkeyPatch,
    away: str,
):
    """Put off all the time, with nothing taken unread, while people go on reading; taken within a minute once it is back."""
    monkeypatch.setattr(clients, "TIMEOUT", 45)
    ledger = Ledger({4_000: 1})
    with Load(screened, screened_readers, ledger) as load:
        load.wait_for_every_kind("mail to be taken")
        with AWAY[away](screened):
            load.wait_for_attempts(load.sessions)
            unread, appended, end = taken_by_smtp(load), load.taken["append"], time.monotonic() + 60 * minutes
            wait_until(lambda: time.monotonic() > end, 70 * minutes, what="its end")
            unread, appended = taken_by_smtp(load) - unread, load.taken["append"] - appended
        figure("seconds until mail is taken by every way", round(load.wait_for_every_kind("mail to be taken again"), 1))

    figure("answers meanwhile", dict(load.refusals))
    assert (unread, set(load.refusals) - PUT_OFF - BROKEN_OFF) == (0, set())
    assert appended > 0
    assert b"status=bounced" not in screened.container("mail").logs()
    assert judge(screened, screened_readers, ledger, figure).good
    throw_away(screened, screened_readers)


def test_what_it_has_learned_outlives_a_kill(filtered: Stack):
    """Valkey is killed, started again, and knows what it knew."""
    letter = "Subject: Words nobody knows\r\n\r\n" + " ".join(uuid.uuid4().hex[:9] for _ in range(40))
    assert filters.teach(filtered, [("spam", letter)]) == 1
    before = filters.learned(filtered)
    assert filters.ask(filtered, "python3", "-c", _KILL).status == 0

    wait_until(lambda: filters.ask(filtered, "mailstead", "health", "filter").status == 0, what="the filter to be well again")
    assert filters.learned(filtered) == before
