"""A clock that is set while mail comes: nothing is lost, and nothing waits for a time that has passed or will not come soon.

The kernel has one clock for all; here the daemons are shown another by libfaketime, which all of them load
(https://github.com/wolfcw/libfaketime). Timers of the kernel itself go on by its own clock.
"""

import base64
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from faults.ledger import Ledger
from faults.load import BROKEN, Load
from faults.reading import drain, judge, throw_away
from support import world
from support.people import Person
from support.run import printed
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
LIBRARY, CLOCK = "libfaketimeMT.so.1", "clock"
ENVIRONMENT = {
    "LD_PRELOAD": f"/config/{LIBRARY}",
    "FAKETIME_TIMESTAMP_FILE": f"/config/{CLOCK}",
    "FAKETIME_CACHE_DURATION": "1",
    "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    "FAKETIME_DISABLE_SHM": "1",
    "FAKE_UTIME": "1",
}
_NAMES = " ".join(ENVIRONMENT)
_DOVECOT = "import_environment {\n" + "".join(f"  {name} = %{{env:{name}}}\n" for name in ENVIRONMENT) + "}\n"
STEPS = ["+1d", "+0", "-1d", "+0", "-10m"]
"""What the clock is ahead of the true one, one after the other."""


@pytest.fixture(scope="module")
def timed(open_stack) -> Iterator[Stack]:
    """A stack whose daemons read their clock from a file of the owner's."""
    postfix = f"MAIL_CONFIG MAIL_DEBUG MAIL_LOGTAG TZ LANG=C {_NAMES}"
    with open_stack(config={CLOCK: "+0\n", "dovecot/clock.conf": _DOVECOT}, POSTFIX_import_environment=postfix) as stack:
        command = ["sh", "-c", f"base64 /usr/lib/*/faketime/{LIBRARY}"]
        library = printed(stack.run, world.IMAGE, command)
        (stack.config / LIBRARY).write_bytes(base64.b64decode(library))
        with Path(stack.settings["MAILSTEAD_ENV"]).open("a") as env:
            env.writelines(f"{name}='{value}'\n" for name, value in ENVIRONMENT.items())
        stack.recreate()
        yield stack


def set_clock(stack: Stack, step: str) -> None:
    """Set the daemons' clock, and wait until it is seen."""
    before = stack.exec("date", "+%s")
    stack.configure(CLOCK, f"{step}\n")
    wait_until(lambda: abs(int(stack.exec("date", "+%s")) - int(before)) > 300, what=f"the clock to be at {step}")


def seconds_until_open(person: Person) -> float:
    """Return how many seconds it takes to open one's inbox in a new session; AssertionError after a minute."""
    began = time.monotonic()
    wait_until(lambda: opens(person), 60, what=f"{person.address} to read mail")
    return round(time.monotonic() - began, 1)


def opens(person: Person) -> bool:
    """Whether somebody can read mail, by a new connection."""
    with suppress(*BROKEN), person.inbox.imap():
        return True
    return False


@pytest.mark.long
def test_a_clock_that_is_set_keeps_no_mail(timed: Stack, make_person: Callable[..., Person], long: bool, figure: Figure):
    """A day forward, a day back, a day behind, ten minutes behind: mail is taken all the time, and delivered within a minute."""
    readers = [make_person(name, stack=timed) for name in ("Rita", "Rolf")]
    for _ in range(10 if long else 1):
        for step in STEPS:
            ledger = Ledger({4_000: 1})
            with Load(timed, readers, ledger) as load:
                load.wait_for_every_kind("mail to be taken")
                set_clock(timed, step)
                load.wait_for_every_kind(f"mail to be taken with the clock at {step}")
                figure(f"seconds until a new session with the clock at {step}", seconds_until_open(readers[0]))
                load.wait_for_more(100 if long else 20, f"mail to be taken with the clock at {step}")
            drain(timed, within=60)
            verdict = judge(timed, readers, ledger, figure)
            throw_away(timed, readers)
            assert verdict.good, (step, verdict)
        set_clock(timed, "+0")
