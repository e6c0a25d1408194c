"""The system calls of the daemons: mail is on the disk before it is acknowledged, and a call that fails costs no mail."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from faults.ledger import Ledger
from faults.load import Load
from faults.order import Answers, answers, despite
from faults.reading import drain, judge, look_in
from faults.tracing import CALLS, Tracer
from support.people import Person
from support.stack import Stack

Figure = Callable[[str, object], None]
WAYS = ("queue", "lmtp", "append")
SYNC, RENAME, WRITE = "fsync,fdatasync", "rename,renameat,renameat2,link,linkat", "write,pwrite64"
SHORT = [("postfix", "fsync", "EIO", 1), ("dovecot", SYNC, "ENOSPC", 1), ("dovecot", RENAME, "EIO", 2)]
LONG = [
    (daemon, calls, error, when)
    for when, error, daemon, calls in itertools.product(
        range(1, 51), ("EIO", "ENOSPC"), ("postfix", "dovecot"), (SYNC, RENAME, WRITE)
    )
]


@pytest.fixture(scope="module")
def tracer(struck: Stack) -> Iterator[Tracer]:
    """Who sees the system calls of the stack, and makes them fail."""
    made = Tracer(struck)
    yield made
    made.close()


def observed(tracer: Tracer, struck: Stack, readers: list[Person], ledger: Ledger, count: int, *options: str) -> Answers:
    """Have so many messages come while the daemons are traced; return the answers that were seen."""
    daemons = [*tracer.processes("postfix"), *tracer.processes("dovecot")]
    with tracer.watching(daemons, f"-e trace={CALLS}", *options):
        for kind, part in (("inbound", 4 * count // 5), ("append", count // 5)):
            with Load(struck, readers, ledger, rate=50, kinds=[kind] * 2) as load:
                load.wait_for_more(part, f"mail to be taken ({kind})", within=60 + count)
        drain(struck)
    return answers(tracer.calls())


def test_mail_is_on_the_disk_before_it_is_acknowledged(
    struck: Stack, readers: list[Person], tracer: Tracer, long: bool, figure: Figure
):
    """By Postfix to the world, by Dovecot to Postfix, and by Dovecot to a mail program: each answer comes after its fsync."""
    count, ledger = 1000 if long else 50, Ledger(sizes={4_000: 3, 100_000: 1})
    found = observed(tracer, struck, readers, ledger, count)

    assert min(found.seen[way] for way in WAYS) >= count // 5, found.seen
    assert dict(found.early) == {}
    figure("answers after their fsync", dict(found.seen))
    assert judge(struck, readers, ledger, figure).good


def test_an_answer_without_its_fsync_would_be_seen(struck: Stack, readers: list[Person], tracer: Tracer):
    """The kernel is not asked, and says yes: every answer of every way is one too early."""
    found = observed(tracer, struck, readers, Ledger(sizes={4_000: 1}), 15, "-e inject=fsync,fdatasync:retval=0")

    assert min(found.seen[way] for way in WAYS) > 0, found.seen
    assert {way: len(early) for way, early in found.early.items()} == dict(found.seen)


def test_a_dovecot_that_does_not_wait_for_the_disk_would_be_seen(struck: Stack, readers: list[Person], tracer: Tracer):
    """With mail_fsync = never only Postfix is in time."""
    struck.configure("dovecot/never.conf", "mail_fsync = never\n")
    struck.exec("doveadm", "reload")
    try:
        found = observed(tracer, struck, readers, Ledger(sizes={4_000: 1}), 15)
    finally:
        (struck.config / "dovecot/never.conf").unlink()
        struck.exec("doveadm", "reload")

    assert found.early["queue"] == []
    assert all(len(found.early[way]) == found.seen[way] > 0 for way in ("lmtp", "append")), found


def fail(tracer: Tracer, load: Load, daemon: str, calls: str, error: str, when: int) -> None:
    """Let the call so many of each process of a daemon fail, while some more mail comes."""
    with tracer.watching(tracer.processes(daemon), f"-e trace={CALLS},pwrite64", f"-e inject={calls}:error={error}:when={when}"):
        load.wait_for_attempts(20, within=300)  # nothing is promised of how fast it is while calls fail


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
    drain(struck)
    look_in(readers)

    assert failed > 0
    assert acknowledged == set()
    figure("calls that failed", failed)
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice <= failed
