"""A container that is stopped, or killed, while mail comes in: nothing acknowledged is lost."""

import time

import pytest

from faults.ledger import Ledger, Load, Verdict, letters
from support.people import Person
from support.stack import IMAGE, Stack
from support.wait import wait_until

AGAIN = 15  # seconds in which mail is taken again after a crash


@pytest.fixture
def reader(struck: Stack, make_person) -> Person:
    """Somebody who gets all the mail."""
    return make_person("Rita", stack=struck)


def state(stack: Stack) -> dict[str, object]:
    """Return what Docker knows of the mail container's process."""
    return stack.run.client.containers.get(f"{stack.name}-mail-1").attrs["State"]


def kill_from_outside(stack: Stack) -> None:
    """Kill the container's first process from the host: `docker kill` would count as a stop by hand, with no restart."""
    kill = ["-c", f"kill -9 {state(stack)['Pid']}"]
    stack.run.client.containers.run(IMAGE, kill, entrypoint="sh", pid_mode="host", user="root", remove=True)


def wait_for_more(ledger: Ledger, count: int, what: str) -> None:
    """Wait until so many more messages have been acknowledged."""
    goal = len(ledger.acknowledged) + count
    wait_until(lambda: len(ledger.acknowledged) >= goal, AGAIN, what=what)


def assert_nothing_lost(stack: Stack, reader: Person, ledger: Ledger) -> Verdict:
    """See that the queue runs empty by itself and that all acknowledged mail is there, as it was written."""
    wait_until(lambda: stack.queue() == {}, 90, what="the queue to be empty")
    verdict = ledger.judge(letters(reader))
    assert (verdict.lost, verdict.corrupt, verdict.phantom) == (set(), set(), set())
    return verdict


def test_a_killed_container_comes_back_and_has_lost_nothing(struck: Stack, reader: Person):
    """By its restart policy, without a hand; a message may be there twice where the kill fell between delivery and note."""
    ledger = Ledger()
    with Load(struck, reader, ledger):
        wait_for_more(ledger, 60, "mail to be taken")
        kill_from_outside(struck)
        wait_for_more(ledger, 40, "mail to be taken again")

    verdict = assert_nothing_lost(struck, reader, ledger)
    assert verdict.twice <= 20  # the most that are handed to Dovecot at once (maxproc of lmtp in master.cf)


def test_a_lock_that_a_killed_dovecot_left_keeps_nobody_waiting(struck: Stack, reader: Person):
    """It names a process number that is somebody else's after the restart: Dovecot would wait for minutes."""
    reader.send(to=reader, subject="Before the crash")
    reader.inbox.wait_for("Before the crash")
    home = "/var/mail/" + "/".join(reversed(reader.address.split("@")))
    lock = f"{home}/Maildir/dovecot-uidlist.lock"
    struck.exec("sh", "-c", f"printf '1:mail' > {lock} && chown vmail:vmail {lock}")
    before = state(struck)["Pid"]
    kill_from_outside(struck)
    wait_until(lambda: state(struck)["Pid"] not in (0, before), what="another first process")
    struck.wait_healthy()

    began = time.monotonic()
    assert reader.inbox.subjects() == ["Before the crash"]
    assert time.monotonic() - began < 5
    assert struck.attempt("test", "-e", lock).status == 1


def test_a_stop_under_load_is_quick_clean_and_loses_nothing(struck: Stack, reader: Person):
    """Status 0 long before Docker's patience ends; after the next start all is there."""
    ledger = Ledger()
    with Load(struck, reader, ledger):
        wait_for_more(ledger, 60, "mail to be taken")
        began = time.monotonic()
        struck.compose("stop")
        took = time.monotonic() - began
        ended = state(struck)
        struck.compose("start")
        wait_for_more(ledger, 40, "mail to be taken again")

    assert (ended["Status"], ended["ExitCode"]) == ("exited", 0)
    assert took < 10
    assert_nothing_lost(struck, reader, ledger)
