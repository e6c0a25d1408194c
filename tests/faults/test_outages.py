"""A part of the server away under load: mail is taken or put off, nobody's password is called wrong, and all comes later."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

import pytest

from faults.ledger import Ledger
from faults.load import BROKEN_OFF, PUT_OFF, Load
from faults.reading import drain, judge
from stack.processes import held_still, processes, signal
from support import clients
from support.people import Person
from support.stack import Stack
from support.wait import wait_until

Figure = Callable[[str, object], None]
SMALL = {4_000: 1}
SLOWEST = 50  # letters a second, delivered while new ones are tried
SERVERS = ("inbound", "inbound", "submission")


@contextmanager
def no_way_to(stack: Stack, socket: str) -> Iterator[None]:
    """Take a unix socket away for a while."""
    stack.exec("mv", socket, f"{socket}.away")
    try:
        yield
    finally:
        stack.exec("mv", f"{socket}.away", socket)


@contextmanager
def without_logins(stack: Stack) -> Iterator[None]:
    """Hold Dovecot's process that knows people."""
    held = [one.pid for one in processes(stack) if one.name == "auth"]
    signal(stack, "STOP", *held)
    try:
        yield
    finally:
        signal(stack, "CONT", *held)


OUTAGES: dict[str, Callable[[Stack], AbstractContextManager[None]]] = {
    "Dovecot gone": lambda stack: no_way_to(stack, "/run/dovecot/lmtp"),
    "Dovecot hung": lambda stack: held_still(stack, "dovecot"),
    "Dovecot's logins hung": without_logins,
    "saslauthd gone": lambda stack: no_way_to(stack, "/run/saslauthd/mux"),
    "the resolver hung": lambda stack: held_still(stack, "unbound"),
}


SHORT = ("Dovecot gone", "saslauthd gone")
"""What the short form has, beside test_dovecot_away.py."""


def answers_to_logins(person: Person) -> set[str]:
    """Try to sign in by each way, with the right password; return what was said to those who were not let in."""
    said = set()
    for via, sign_in in ((clients.submissions, clients.smtp_plain), (clients.imaps, clients.imap_plain)):
        with suppress(OSError):
            try:
                server = via(person.stack)
                sign_in(server, person.address, person.password)
            except clients.REFUSALS as refusal:
                said.add(str(refusal))
    return said


@pytest.mark.parametrize("outage", [one if one in SHORT else pytest.param(one, marks=pytest.mark.long) for one in OUTAGES])
def test_what_is_away_costs_no_mail_and_calls_no_password_wrong(
    struck: Stack, readers: list[Person], long: bool, figure: Figure, monkeypatch: pytest.MonkeyPatch, outage: str
):
    """Put off (4xx) or taken and queued; all of it is delivered within a minute after the return, without a hand.

    Ten minutes in the long form, in which thousands of letters gather: they are given the time their number takes.
    """
    # Nobody waits longer for a server that says nothing: Dovecot itself would for a minute.
    monkeypatch.setattr(clients, "TIMEOUT", 5)
    ledger, said = Ledger(SMALL), set()
    with Load(struck, readers, ledger, kinds=SERVERS) as load:
        load.wait_for_every_kind("mail to be taken")
        with OUTAGES[outage](struck):
            end = time.monotonic() + (600 if long else 3)
            wait_until(lambda: said.update(answers_to_logins(readers[0])) or time.monotonic() > end, 700, what="its end")
        load.wait_for_every_kind("mail to be taken again")
    began = time.monotonic()
    drain(struck, within=60 + len(ledger.acknowledged) / SLOWEST)
    figure("seconds until all was delivered", round(time.monotonic() - began, 1))

    assert set(load.refusals) <= PUT_OFF | BROKEN_OFF, load.refusals
    assert not [one for one in said if "AUTHENTICATIONFAILED" in one or "535" in one], said
    assert judge(struck, readers, ledger, figure).good
    assert b"status=bounced" not in struck.container("mail").logs()
