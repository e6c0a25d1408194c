"""Disks that are full, or have no files left: mail is put off before it is taken, and all goes on once there is room."""

import contextlib
import re
import smtplib
from collections.abc import Callable, Iterator

import pytest

from faults import loops
from faults.filling import fill, filled, ill
from faults.ledger import Ledger
from faults.load import Load
from faults.reading import drain, judge, look_in, throw_away
from support import clients
from support.people import Person
from support.run import Run
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
SIZES = {4_000: 17, 100_000: 2, 300_000: 1}
SMALL = {"type": "tmpfs", "device": "tmpfs", "o": "size=48m,nr_inodes=4k"}
"""A volume that is soon full."""
PLACES = {"queue": "/var/spool/postfix", "mail": "/var/mail", "state": "/var/lib/mailstead", "/run": "/run", "/tmp": "/tmp"}
REFUSED = re.compile(r"452|451|4\d\d|NO|TimeoutError|SMTPServerDisconnected|abort|EOFError|Connection\w*Error|SSL\w*Error")
"""What Load calls the answers and ends that promise nothing."""


@pytest.fixture(scope="module")
def struck(open_stack, docker_run: Run) -> Iterator[Stack]:
    """A stack with small volumes, which takes letters of 10 MB at most. The queue is on ext4, which keeps room for root."""
    with (
        loops.ext4(docker_run, megabytes=48, files=600) as (queue, let_go),
        open_stack(volumes={"queue": queue, "mail": SMALL, "state": SMALL}, MAIL_MESSAGE_SIZE_LIMIT="10M") as stack,
    ):
        let_go()
        yield stack


@pytest.mark.parametrize(
    "names", [("queue",), ("mail",), pytest.param(("state", "/run", "/tmp"), marks=pytest.mark.long)], ids=" ".join
)
def test_a_full_disk_costs_nothing_but_time(
    struck: Stack, readers: list[Person], names: tuple[str, ...], long: bool, figure: Figure
):
    """Letters are refused for now, or delivered; health names the disk; with room again mail is taken within a minute."""
    for _ in range(10 if long else 1):
        judge_full(struck, readers, names, 100 if long else 10, figure)
        throw_away(struck, readers)
    assert "status=bounced" not in struck.logs()[f"{struck.name}-mail-1"]
    struck.wait_healthy()


def judge_full(struck: Stack, readers: list[Person], names: tuple[str, ...], count: int, figure: Figure) -> None:
    """Fill file systems amid mail, empty them, and judge; `count` letters come before and after."""
    ledger = Ledger(sizes=SIZES)
    with Load(struck, readers, ledger) as load:
        load.wait_for_more(count, "mail to be taken")
        with contextlib.ExitStack() as full:
            for name in names:
                full.enter_context(filled(struck, PLACES[name]))
            said = ill(struck)["disks"]
            load.wait_for_attempts(25)
        load.wait_for_more(count, "mail to be taken again", within=60)
    struck.exec("postqueue", "-f")

    assert all(f"{name} is full" in said for name in names), said
    assert [answer for answer in load.refusals if not REFUSED.fullmatch(answer)] == []
    figure("refusals while they were full", dict(load.refusals))
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict


def test_no_letter_is_taken_once_the_queue_is_full(struck: Stack):
    """Every one is told so at MAIL FROM; this is what happens without room for one and a half of the largest."""
    with filled(struck, PLACES["queue"]):
        answers = [mail_from(struck) for _ in range(20)]

    assert {answer[:9] for answer in answers} == {"452 4.3.1"}
    assert mail_from(struck).startswith("250 ")


def mail_from(struck: Stack) -> str:
    """Say MAIL FROM; return the answer."""
    with clients.smtp(struck) as server:
        server.ehlo()
        code, text = server.mail("")
        return f"{code} {text.decode()}"


def test_a_full_mailbox_disk_says_no_to_what_is_put_there(struck: Stack, readers: list[Person]):
    """APPEND is answered with NO, and what is there is read; a letter that was taken meanwhile waits; nobody gets a bounce."""
    kept = readers[0].send(to=readers[0], subject="Before")
    readers[0].inbox.wait_for("Before")
    with filled(struck, PLACES["mail"]):
        assert readers[0].inbox.wait_for("Before").digest == kept.digest
        with readers[0].inbox.imap() as server:
            status, _ = server.append("INBOX", None, None, b"Subject: No room\r\n\r\n" + b"x" * 100_000)
        readers[1].send(to=readers[2], subject="Be patient")
        wait_until(lambda: struck.deferred(), what="the letter to wait")
    struck.exec("postqueue", "-f")

    assert status == "NO"
    readers[2].inbox.wait_for("Be patient")
    assert (readers[0].inbox.subjects(), readers[1].inbox.subjects()) == (["Before"], [])


def test_a_change_of_the_directory_on_a_full_disk_is_made_or_not(struck: Stack, readers: list[Person]):
    """It ends with a sentence; who was there before stays, and the same words work once there is room."""
    words = ("account", "add", "late@example.test", "--password-stdin")
    with filled(struck, PLACES["state"]):
        ran = struck.attempt("mailstead", *words, text="her password\n")
        assert clients.opening(struck, readers[0].address, readers[0].password) == set(clients.WAYS)
        assert clients.opening(struck, "late@example.test", "her password") == set()

    assert ran.status == 1, ran.output
    assert "full" in ran.output or "No space left on device" in ran.output
    assert "Traceback" not in ran.output
    struck.wait_healthy()
    if "the directory is as you asked" not in ran.output:
        struck.mailstead(*words, text="her password\n")
    everywhere = set(clients.WAYS)
    wait_until(lambda: clients.opening(struck, "late@example.test", "her password") == everywhere, what="her to be let in")


@pytest.mark.long
@pytest.mark.parametrize("name", ["queue", "mail"])
def test_no_files_left_costs_nothing_but_time(struck: Stack, readers: list[Person], name: str, figure: Figure):
    """There are bytes enough, and no letter can be a file: nothing that was taken is lost."""
    ledger = Ledger(sizes={4_000: 1})
    with Load(struck, readers, ledger) as load:
        load.wait_for_more(10, "mail to be taken")
        with filled(struck, PLACES[name], "files"):
            load.wait_for_attempts(5)
        load.wait_for_more(10, "mail to be taken again", within=60)
    struck.exec("postqueue", "-f")
    drain(struck)
    look_in(readers)

    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict


def test_no_letter_is_taken_without_a_file_for_it(struck: Stack, readers: list[Person]):
    """Postfix knows no answer to this: it waits for a file, and the client goes away without a yes."""
    with filled(struck, PLACES["queue"], "files"):
        drain(struck)
        fill(struck, PLACES["queue"], "files")
        assert re.search(r"queue is full: \d+ of \d+ files left", ill(struck)["disks"])
        with pytest.raises((smtplib.SMTPException, OSError)):
            write_to(readers[0], "Never taken")
    wait_until(lambda: write_to(readers[0], "Taken again") == {}, 60, what="letters to be taken")

    readers[0].inbox.wait_for("Taken again")
    assert readers[0].inbox.subjects() == ["Taken again"]


def write_to(reader: Person, subject: str) -> dict[str, object]:
    """Write as another server does, which waits three seconds for an answer."""
    with smtplib.SMTP(clients.HERE, reader.stack.ports["SMTP"], local_hostname=clients.EHLO, timeout=3) as server:
        return server.sendmail("", [reader.address], f"Subject: {subject}\r\n\r\nHello.\r\n")
