"""A container that comes to the limit of its memory or of its processes: killed or refused, back within seconds, nothing lost."""

import collections
import contextlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator

import pytest

from faults.host import state
from faults.ledger import Ledger
from faults.load import Load
from faults.reading import judge
from support import clients
from support.people import Person, make_person
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
BACK = 10  # seconds
LARGE_BACK = 30  # seconds, where what is to be taken is 450 MB
DOORS = ("SMTP", "SUBMISSIONS", "IMAPS", "POP3S")


@contextlib.contextmanager
def limited(stack: Stack, limits: list[str], unlimited: list[str]) -> Iterator[None]:
    """Limit the mail container for a while."""
    update(stack, limits)
    try:
        yield
    finally:
        update(stack, unlimited)


def update(stack: Stack, options: list[str]) -> None:
    """Have the mail container as docker update(1) says."""
    subprocess.run(["docker", "update", *options, f"{stack.name}-mail-1"], check=True, capture_output=True)


def kills(stack: Stack) -> int:
    """Return how many of its processes the kernel has killed for want of memory."""
    text = stack.exec("sh", "-c", "cat /sys/fs/cgroup/memory.events 2>/dev/null || cat /sys/fs/cgroup/memory/memory.oom_control")
    return int(dict(line.split() for line in text.splitlines())["oom_kill"])


@pytest.mark.long
def test_a_quarter_of_a_gigabyte_is_enough(struck: Stack, readers: list[Person], figure: Figure):
    """A thousand letters by ten connections at once, as fast as they are taken, and a login by every way: nothing is killed."""
    ledger = Ledger(sizes={4_000: 1})
    with limited(struck, ["--memory", "256m", "--memory-swap", "256m"], ["--memory", "1000g", "--memory-swap", "1000g"]):
        struck.restart()
        with Load(struck, readers, ledger, rate=1000) as load:
            load.wait_for_more(1000, "mail to be taken", within=300)
            opened = clients.opening(struck, readers[0].address, readers[0].password)
        verdict = judge(struck, readers, ledger, figure)
        killed = kills(struck)

    assert opened == set(clients.WAYS)
    assert killed == 0
    assert verdict.good, verdict
    assert not load.refusals


@pytest.mark.long
def test_who_only_connects_has_nothing_killed(open_stack: Callable):
    """Sixty connections at each of four ports of a server with 256 MB; when they are gone, people sign in by every way."""
    with open_stack(MAIL_MEMORY_LIMIT="256M") as small, contextlib.ExitStack() as held:
        somebody = make_person(small, "Sam", domain="example.test")
        for door in DOORS * 60:
            held.enter_context(socket.create_connection(("127.0.0.1", small.ports[door])))
        wait_until(lambda: min(serving(small)[name] for name in ("imap-login", "pop3-login")) >= 30, what="the ports to be busy")
        served, killed = serving(small)["smtpd"], kills(small)
        held.close()

        wait_until(lambda: clients.opening(small, somebody.address, somebody.password) == set(clients.WAYS), what="every way in")
        assert 10 <= served <= 3 * 14
        assert (killed, kills(small)) == (0, 0)


@pytest.mark.long
def test_more_than_a_hundred_read_at_once(struck: Stack, audience: list[Person]):
    """Twelve people with ten connections each, where there is memory for them: all are signed in, and are still answered."""
    people = [*audience, *(make_person(struck, "Roy", domain="example.test") for _ in range(12 - len(audience)))]
    with contextlib.ExitStack() as held:
        readers = [held.enter_context(clients.imaps(struck)) for _ in range(10) for _ in people]
        for number, reader in enumerate(readers):
            person = people[number % len(people)]
            reader.login(person.address, person.password)

        assert [reader.noop()[0] for reader in readers] == ["OK"] * 120


def serving(stack: Stack) -> collections.Counter[str]:
    """Return how many processes of each name there are."""
    return collections.Counter(stack.exec("ps", "-eo", "comm=").split())


@pytest.mark.long
def test_a_server_out_of_memory_loses_nothing(struck: Stack, readers: list[Person], long: bool, figure: Figure):
    """Daemons are killed, and started again; the container itself goes on. With less to do mail is taken within ten seconds."""
    size, sessions, limit = (25_000_000, 18, "128m") if long else (2_000_000, 60, "128m")
    ledger = Ledger(sizes={size: 1})
    memory = ["--memory", limit, "--memory-swap", limit], ["--memory", "1000g", "--memory-swap", "1000g"]
    update(struck, memory[0])
    struck.restart()
    first = state(struck)["Pid"]
    with Load(struck, readers, ledger, kinds=("inbound", "inbound", "append") * (sessions // 3)) as load:
        with limited(struck, *memory):
            load.wait_for_more(50, "mail to be taken", within=900)
        killed, back = kills(struck), seconds_until_it_goes_on(load)

    figure("processes killed for want of memory", killed)
    figure("seconds until mail is taken again", round(back, 1))
    assert killed > 0
    assert state(struck)["Pid"] == first
    assert back <= (LARGE_BACK if long else BACK)
    struck.exec("postqueue", "-f")
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict
    assert verdict.twice <= killed


@pytest.mark.long
def test_a_server_that_may_have_no_more_processes_loses_nothing(
    struck: Stack, readers: list[Person], long: bool, figure: Figure
):
    """Nobody new is served, or late; once there may be processes mail is taken within ten seconds."""
    ledger = Ledger(sizes={4_000: 1})
    now = len(struck.container("mail").top()["Processes"])
    with Load(struck, readers, ledger, kinds=Load.kinds * 2) as load:
        load.wait_for_more(10, "mail to be taken")
        with limited(struck, ["--pids-limit", str(now + 8)], ["--pids-limit", "-1"]):
            load.wait_for_more(1000 if long else 20, "letters to be taken by who is there", within=1200 if long else 60)
        back = seconds_until_it_goes_on(load)

    figure("answers without processes", dict(load.refusals))
    assert load.refusals.total() > 0
    assert back <= BACK
    struck.exec("postqueue", "-f")
    verdict = judge(struck, readers, ledger, figure)
    assert verdict.good, verdict


def seconds_until_it_goes_on(load: Load) -> float:
    """Wait until mail is taken; return how long it took."""
    began = time.monotonic()
    load.wait_for_more(len(load.kinds), "mail to be taken again")
    return time.monotonic() - began
