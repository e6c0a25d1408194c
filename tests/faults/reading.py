"""After a fault: the queue runs empty, and everything that is there is read."""

from collections.abc import Callable, Iterator, Sequence

from faults.ledger import Ledger, Verdict
from support.letters import Letter
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

DRAINED = 120  # seconds in which the queue runs empty once all is well again
_AT_ONCE = 20  # letters fetched by one command


def letters(person: Person) -> Iterator[Letter]:
    """Return every letter in a person's inbox, over IMAP."""
    with person.inbox.imap() as server:
        uids = server.uid("SEARCH", "ALL")[1][0].split()
        for begin in range(0, len(uids), _AT_ONCE):
            several = b",".join(uids[begin : begin + _AT_ONCE]).decode()
            for part in server.uid("FETCH", several, "(BODY.PEEK[])")[1]:
                if isinstance(part, tuple):
                    yield Letter(part[1])


def found(stack: Stack, people: Sequence[Person], ledger: Ledger, gap: tuple[float, float] = (0, 0)) -> Iterator[Letter]:
    """Return all letters of people's inboxes, and those of this ledger that went to the world.

    But for what went in a gap of time (seconds of the epoch): what a server did after it was copied did not happen.
    """
    for person in people:
        yield from letters(person)
    for kept in stack.world.sink.each():
        if kept.recipients[0].startswith(f"{ledger.name}@") and not gap[0] < kept.at < gap[1]:
            yield kept.letter


def drain(stack: Stack, within: float = DRAINED) -> None:
    """Wait until the queue has run empty by itself."""
    wait_until(lambda: stack.queue() == {}, within, what="the queue to be empty")


def look_in(people: Sequence[Person]) -> None:
    """Open each mailbox once, after a disk has failed: where Dovecot could not write down which letters there are
    (dovecot-uidlist), the first look misses some that are there, and gives them new UIDs; the second one shows them.
    """
    for person in people:
        person.inbox.subjects()


def judge(stack: Stack, people: Sequence[Person], ledger: Ledger, record: Callable[[str, object], None]) -> Verdict:
    """Wait until all mail has come to where it goes, and judge; the figures are shown at the end of the run."""
    drain(stack)
    verdict = ledger.judge(found(stack, people, ledger))
    note(ledger, [verdict], record)
    return verdict


def note(ledger: Ledger, verdicts: Sequence[Verdict], record: Callable[[str, object], None]) -> None:
    """Note the figures of one ledger that was judged several times."""
    counted = {name: sum(len(getattr(one, name)) for one in verdicts) for name in ("lost", "corrupt", "phantom")}
    record("ledger", {"acknowledged": len(ledger.acknowledged), **counted, "twice": sum(one.twice for one in verdicts)})


def throw_away(stack: Stack, people: Sequence[Person]) -> None:
    """Remove the mail that has been judged, for good: a long run would fill the disk."""
    for person in people:
        stack.exec("doveadm", "expunge", "-u", person.address, "mailbox", "INBOX", "ALL")
    stack.exec("sync", "--file-system", "/var/mail")
    stack.world.sink.forget()
