"""The running of checks: every line is true, nothing hangs, and what was not tested is no PASS."""

import smtplib
import threading
from collections.abc import Callable, Iterator

import pytest

from mailstead import doctor
from mailstead.doctor import Context, Finding, Status
from mailstead.doctor.checks import Untestable, Verdict, check, fail, passed
from mailstead.doctor.run import run
from mailstead.settings import Settings


@pytest.fixture
def context(make_settings: Callable[..., Settings]) -> Context:
    """What checks are given; these here look at nothing of it."""
    return Context(settings=make_settings())


@check("area.two")
def two(_context: Context) -> Iterator[Verdict]:
    """Two things, one of them wrong."""
    yield passed("good", of="one")
    yield fail("bad", "mend it", of="other")


@check("area.raising")
def raising(_context: Context) -> Iterator[Verdict]:
    """Finds something, and then falls over."""
    yield passed("good", of="first")
    raise KeyError("smtp_helo_name")


@check("area.untestable")
def untestable(_context: Context) -> Iterator[Verdict]:
    """Cannot be carried out."""
    raise Untestable("the DNS does not answer")
    yield passed("never")


@check("area.empty")
def empty(_context: Context) -> Iterator[Verdict]:
    """Finds nothing to look at."""
    yield from ()


@check("area.outside", outside=True)
def outside(_context: Context) -> Iterator[Verdict]:
    """Asks the world."""
    yield passed("answers")


def test_a_check_may_speak_of_several_things(context: Context):
    """Each under its own name, in the order of the check."""
    assert run([two], context) == [
        Finding("area.two:one", Status.PASS, "good", ""),
        Finding("area.two:other", Status.FAIL, "bad", "mend it"),
    ]


def test_a_check_that_falls_over_is_a_fail_with_its_words(context: Context):
    """What it found before is kept, and the others are still looked at."""
    first, fallen, *others = run([raising, two], context)

    assert (first.id, first.status) == ("area.raising:first", Status.PASS)
    assert (fallen.id, fallen.status, fallen.said) == ("area.raising", Status.FAIL, "KeyError: 'smtp_helo_name'")
    assert len(others) == 2


@pytest.mark.parametrize("error", [ConnectionRefusedError("refused"), smtplib.SMTPDataError(451, b"later"), EOFError("cut")])
def test_a_daemon_that_does_not_answer_is_no_fault_of_the_check(context: Context, error: Exception):
    """It is restarted, and nobody is asked to report anything."""

    @check("area.away")
    def away(_context: Context) -> Iterator[Verdict]:
        """Asks a daemon that is away."""
        raise error
        yield passed("never")

    (found,) = run([away], context)
    assert (found.status, found.said) == (Status.FAIL, f"no answer as it should be: {error}")
    assert found.mend.startswith("docker compose restart mail")


def test_what_cannot_be_tested_is_skipped_with_the_reason(context: Context):
    """Never PASS; nor is a check that found nothing to look at."""
    assert [(one.status, one.said) for one in run([untestable, empty], context)] == [
        (Status.SKIP, "the DNS does not answer"),
        (Status.SKIP, "there is nothing to look at"),
    ]


def test_offline_nobody_outside_is_asked(context: Context, make_settings: Callable[..., Settings]):
    """And the line says so."""
    assert run([outside], context)[0].status is Status.PASS
    (found,) = run([outside], Context(settings=make_settings(), offline=True))
    assert (found.status, found.said) == (Status.SKIP, "it asks beyond this container, and --offline was given")


def test_a_check_that_hangs_fails_and_keeps_nobody_waiting(context: Context):
    """The others have their results all the same."""
    for_ever = threading.Event()

    @check("area.hanging")
    def hanging(_context: Context) -> Iterator[Verdict]:
        """Waits for what never comes."""
        for_ever.wait()
        yield passed("never")

    hung, *others = run([hanging, two], context, within=0.2)
    for_ever.set()

    assert (hung.status, hung.said) == (Status.FAIL, "no answer within 0.2 s")
    assert hung.mend == "try it alone: scripts/mailstead doctor --only area.hanging"
    assert len(others) == 2


def test_every_check_has_a_name_of_its_area_and_a_manual():
    """Ids are stable words for scripts: area.name, each once."""
    known = doctor.known()

    assert len({one.id for one in known}) == len(known) > 40
    for one in known:
        assert one.area in doctor.AREAS
        assert len(one.about.split()) > 4
        assert one.about.endswith(".")


def test_checks_are_chosen_by_area_by_id_or_by_what_they_are_about():
    """Several words may be given; none means all."""
    assert {one.area for one in doctor.chosen(["dns"])} == {"dns"}
    assert [one.id for one in doctor.chosen(["dns.mx", "machine.disk"])] == ["dns.mx", "machine.disk"]
    assert [one.id for one in doctor.chosen(["dns.mx:example.org"])] == ["dns.mx"]
    assert doctor.chosen([]) == doctor.known()


@pytest.mark.parametrize("word", ["nonsense", "dns.nonsense", "", "dns.mx.example"])
def test_a_word_that_names_no_check_is_refused(word: str):
    """With what is allowed."""
    with pytest.raises(ValueError, match=r"is no check; allowed: an area \(settings, .*\) or an id such as dns\.mx"):
        doctor.chosen([word])
