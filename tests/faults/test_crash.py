"""A container that is stopped, or killed, while mail comes in: nothing acknowledged is lost."""

import time
from collections.abc import Callable

import pytest

from faults.host import SETTLED, kill_from_outside, state
from faults.ledger import Ledger, Verdict
from faults.load import Load
from faults.reading import judge, throw_away
from stack.processes import processes, signal
from support import clients
from support.people import Person
from support.run import printed
from support.stack import IMAGE, Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
AT_ONCE = 20
"""The most letters that are handed to Dovecot at once (maxproc of lmtp in master.cf): each may be there twice after a kill."""


def test_a_killed_container_comes_back_and_has_lost_nothing(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """By its restart policy, without a hand; a message may be there twice where the kill fell between delivery and note."""
    kills = 10 if long else 2
    for _ in range(10 if long else 1):
        verdict = kill_again_and_again(struck, readers, kills, SETTLED if long else 40, figure)
        throw_away(struck, readers)
        assert verdict.good, verdict
        assert verdict.twice <= AT_ONCE * kills


def kill_again_and_again(struck: Stack, readers: list[Person], kills: int, between: int, figure: Figure) -> Verdict:
    """Kill the container so often, with so many letters taken before each; judge."""
    ledger = Ledger()
    with Load(struck, readers, ledger) as load:
        for _ in range(kills):
            load.wait_for_more(between, "mail to be taken")
            kill_from_outside(struck)
        load.wait_for_more(40, "mail to be taken again")
    return judge(struck, readers, ledger, figure)


def restart_after_a_crash(struck: Stack) -> None:
    """Kill the container and wait until its restart policy has brought it up."""
    before = state(struck)["Pid"]
    kill_from_outside(struck)
    wait_until(lambda: state(struck)["Pid"] not in (0, before), what="another first process")
    struck.wait_healthy()


def test_a_lock_that_a_killed_dovecot_left_keeps_nobody_waiting(struck: Stack, readers: list[Person]):
    """It names a process number that is somebody else's after the restart: Dovecot would wait for minutes."""
    reader = readers[0]
    reader.send(to=reader, subject="Before the crash")
    reader.inbox.wait_for("Before the crash")
    lock = make_lock(struck, reader)
    restart_after_a_crash(struck)

    began = time.monotonic()
    assert reader.inbox.subjects() == ["Before the crash"]
    assert time.monotonic() - began < 5
    assert struck.attempt("test", "-e", lock).status == 1


def test_a_search_index_that_was_torn_keeps_nobody_from_his_mail(struck: Stack, readers: list[Person]):
    """A power cut may leave half of it: Dovecot crashed with each letter that was taken out of the folder, again and again."""
    reader = readers[0]
    reader.send(to=reader, subject="Indexed", text="An aardvark.")
    reader.inbox.wait_for("Indexed")
    index = f"{reader.home}/Maildir/fts-flatcurve"
    wait_until(lambda: struck.attempt("sh", "-c", f"ls {index}/current.*/termlist.glass").status == 0, what="its index")
    struck.exec("sh", "-c", f"for one in {index}/current.*/*.glass; do truncate --size 8192 $one; done")
    restart_after_a_crash(struck)

    assert reader.inbox.search("BODY", "aardvark") == 1
    struck.exec("doveadm", "expunge", "-u", reader.address, "mailbox", "INBOX", "SUBJECT", "Indexed")
    assert reader.inbox.subjects() == []


def test_a_stop_under_load_is_quick_clean_and_loses_nothing(struck: Stack, readers: list[Person], figure: Figure):
    """Status 0 long before Docker's patience ends, no lock is left for the next Dovecot to wait for, and all is there then."""
    ledger = Ledger()
    with Load(struck, readers, ledger) as load:
        load.wait_for_more(60, "mail to be taken")
        began = time.monotonic()
        struck.compose("stop")
        took = time.monotonic() - began
        ended, left = state(struck), locks(struck)
        struck.compose("start")
        load.wait_for_more(40, "mail to be taken again")

    assert (ended["Status"], ended["ExitCode"]) == ("exited", 0)
    assert left == ""
    assert took < 10
    figure("seconds of a stop under load", round(took, 1))
    assert judge(struck, readers, ledger, figure).good


def locks(struck: Stack) -> str:
    """Return the locks in the mailboxes of a stack that is stopped."""
    mail = {f"{struck.name}_mail": {"bind": "/mail", "mode": "ro"}}
    return printed(struck.run, IMAGE, ["/mail", "-name", "*.lock"], entrypoint="find", volumes=mail)


@pytest.mark.long
def test_what_does_not_end_at_a_stop_leaves_nobody_waiting(struck: Stack, readers: list[Person]):
    """It is killed with the container, in the middle of something: the next start takes its locks away, as after a crash."""
    reader = readers[0]
    server = clients.imaps(struck)
    clients.imap_plain(server, reader.address, reader.password)
    server.select("INBOX")
    signal(struck, "STOP", *(one.pid for one in processes(struck) if one.name == "imap"))
    lock = make_lock(struck, reader)
    struck.compose("stop")
    server.shutdown()
    struck.compose("start")
    struck.wait_healthy()

    assert struck.attempt("test", "-e", lock).status == 1


def make_lock(struck: Stack, reader: Person) -> str:
    """Leave a lock as a Dovecot of another container would; return its place."""
    lock = f"{reader.home}/Maildir/dovecot-uidlist.lock"
    struck.exec("sh", "-c", f"printf '1:mail' > {lock} && chown vmail:vmail {lock}")
    return lock
