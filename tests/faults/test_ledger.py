"""The ledger itself: it sees what is taken away, altered, doubled or slipped in, so that its silence means something."""

from faults.ledger import Ledger, Verdict
from faults.load import Load
from faults.reading import found, judge, letters
from support.people import Person
from support.stack import Stack

MAILDIR = "/var/mail/example.test/{name}/Maildir"


def newest(struck: Stack, person: Person) -> tuple[str, str]:
    """Return the path of a letter in somebody's mailbox, and its name in the ledger."""
    place = MAILDIR.format(name=person.address.partition("@")[0])
    path = struck.exec("sh", "-c", f"ls -d {place}/cur/* {place}/new/* 2>/dev/null | tail -n 1").strip()
    return path, struck.exec("sed", "-n", "s/^X-Ledger: //p", path).strip()


def test_the_ledger_sees_what_is_gone_changed_doubled_and_slipped_in(struck: Stack, readers: list[Person]):
    """Mail by every way is all there; then one letter is deleted, one gets another sign, one is copied, and one is nobody's."""
    ledger = Ledger(sizes={4_000: 3, 100_000: 1})
    with Load(struck, readers, ledger) as load:
        load.wait_for_more(60, "mail to be taken")
    assert judge(struck, readers, ledger, lambda *_: None) == Verdict(set(), set(), set(), 0)

    gone, missing = newest(struck, readers[0])
    changed, wrong = newest(struck, readers[1])
    struck.exec("rm", gone)
    struck.exec("sed", "-i", "$ s/^./X/", changed)
    with readers[2].inbox.imap() as server:
        server.append("INBOX", None, None, next(letters(readers[2])).raw)
        server.append("INBOX", None, None, b"X-Ledger: nobodys\r\n\r\nBoo.\r\n")

    assert ledger.judge(found(struck, readers, ledger)) == Verdict({missing}, {wrong}, {"nobodys"}, 1)
