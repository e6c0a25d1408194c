"""The doctor knows which security updates wait, by the list of a mirror; where he could not learn it, he says so."""

import json
import time
from collections.abc import Mapping

import pytest

from support.mirror import Mirror
from support.patient import Line
from support.stack import Stack
from support.wait import wait_until

CHECK = "machine.updates"
LONGEST = 15  # seconds


@pytest.fixture(scope="module")
def mirror(stack: Stack) -> Mirror:
    """A mirror that has what is installed."""
    made = Mirror(stack)
    made.offers(postfix=installed(stack))
    wait_until(lambda: looked(stack, made.sources()).status != "skip", what="the mirror to answer")
    return made


def installed(stack: Stack) -> str:
    """Return the version of the stack's Postfix."""
    return stack.exec("dpkg-query", "--show", "--showformat=${Version}", "postfix")


def looked(stack: Stack, environment: Mapping[str, str], *words: str) -> Line:
    """Have the doctor look for updates; return what he says."""
    ran = stack.attempt("mailstead", "doctor", "--json", "--only", CHECK, *words, environment=environment)
    (said,) = json.loads(ran.output)
    assert ran.status == 0, "updates that wait are no failure"
    return Line(**said)


def test_an_update_that_waits_is_named_with_what_to_type(stack: Stack, mirror: Mirror):
    """By its package and both versions; that it is in the list alone is no reason to install a program that is not there."""
    mirror.offers(postfix="99:1", nginx="99:1")

    said = looked(stack, mirror.sources())

    assert (said.id, said.status, said.said) == (CHECK, "warn", f"1 waits: postfix {installed(stack)} -> 99:1")
    assert "docker compose build --pull --no-cache" in said.mend


@pytest.mark.parametrize("version", ["installed", "older"])
def test_nothing_waits_where_the_mirror_has_what_is_installed(version: str, stack: Stack, mirror: Mirror):
    """Nor where it has an older one."""
    mirror.offers(postfix=installed(stack) if version == "installed" else "1.0")

    said = looked(stack, mirror.sources())

    assert (said.status, said.said[:14]) == ("pass", "none waits for")


def test_a_list_that_debian_has_not_signed_is_not_believed(stack: Stack, mirror: Mirror):
    """Neither that something waits nor that nothing does."""
    mirror.offers(postfix=installed(stack))

    said = looked(stack, mirror.sources(options=""))

    assert (said.status, "is not signed" in said.said) == ("skip", True), said


def test_a_list_that_was_changed_on_its_way_is_not_believed(stack: Stack, mirror: Mirror):
    """What it holds must have the digest that its release names."""
    mirror.offers(postfix=installed(stack))
    mirror.forges()

    said = looked(stack, mirror.sources())

    assert (said.status, "could not be had" in said.said) == ("skip", True), said


@pytest.mark.parametrize("port", [81, 82])
def test_a_mirror_that_is_away_keeps_the_doctor_no_longer_than_seconds(port: int, stack: Stack, mirror: Mirror):
    """It takes the connection and says nothing, or takes none: not tested, and never "nothing waits"."""
    begin = time.monotonic()
    said = looked(stack, mirror.sources(port=port))

    assert (said.status, "could not be had" in said.said) == ("skip", True), said
    assert time.monotonic() - begin < LONGEST


def test_nobody_is_asked_offline(stack: Stack, mirror: Mirror):
    """Where a mirror would have answered."""
    mirror.offers(postfix="99:1")

    assert looked(stack, mirror.sources(), "--offline").status == "skip"


def test_nothing_is_left_of_looking(stack: Stack, mirror: Mirror):
    """No list and no cache: /tmp is in memory."""
    looked(stack, mirror.sources())

    assert "updates-" not in stack.exec("ls", "/tmp")
