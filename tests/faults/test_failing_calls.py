"""A disk that fails at one call (EIO, ENOSPC): no acknowledgement after it, and nothing lost but time."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from faults.ledger import Ledger
from faults.load import Load
from faults.order import despite
from faults.reading import judge
from faults.tracing import CALLS, Tracer
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
RENAMES = "rename,renameat,renameat2,link,linkat"
SHORT = [("postfix", "fsync", "EIO", 1), ("dovecot", "fsync,fdatasync", "ENOSPC", 1), ("dovecot", RENAMES, "EIO", 2)]
LONG = [
    (daemon, calls, error, when)
    for when in range(1, 51)
    for error in ("EIO", "ENOSPC")
    for daemon, calls in itertools.product(("postfix", "dovecot"), ("fsync,fdatasync", "write,pwrite64", RENAMES))
]


@pytest.fixture(scope="module")
def tracer(struck: Stack) -> Iterator[Tracer]:
    """Who makes system calls of the stack fail."""
    made = Tracer(struck)
    yield made
    made.close()


def fail(tracer: Tracer, load: Load, daemon: str, calls: str, error: str, when: int) -> None:
    """Let the call so many of each process of a daemon fail, while some more mail comes."""
    goal = attempts(load) + 20
    with tracer.watching(tracer.processes(daemon), f"-e trace={CALLS},pwrite64", f"-e inject={calls}:error={error}:when={when}"):
        wait_until(lambda: attempts(load) >= goal, 90, what=f"mail to be tried while {calls} fails ({load.refusals})")


def attempts(load: Load) -> int:
    """Return how many letters have been answered, or cut off."""
    return len(load.ledger.acknowledged) + load.refusals.total()


def test_a_call_that_fails_costs_an_acknowledgement_and_no_mail(
    struck: Stack, readers: list[Person], tracer: Tracer, long: bool, figure: Figure
):
    """In every process of Postfix and of Dovecot, the same call at the same count: refused for now, or tried again."""
    ledger, failed, acknowledged = Ledger(sizes={4_000: 9, 100_000: 1}), 0, set()
    with Load(struck, readers, ledger) as load:
        for point in LONG if long else SHORT:
            fail(tracer, load, *point)
            made = list(tracer.calls())
            failed += sum(call.injected for call in made)
            acknowledged |= despite(made)
        load.wait_for_more(30, "mail to be taken again", within=120)
    struck.exec("postqueue", "-f")

    assert failed > 0
    assert acknowledged == set()
    figure("calls that failed", failed)
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice <= failed
