"""How many letters a second do people send, by ports 465 and 587, with one session for all of them or one for each?"""

import itertools
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from random import Random

from . import mailboxes, people
from .measure import Bar, ratio, wait_quiet
from .pace import Act, at_once
from .people import Trust
from .report import Report, comparison
from .stacks import DOMAIN, Stack, both, box
from .start import bring_up

LEAST = 0.95
UNLIMITED = {"POSTFIX_smtpd_client_auth_rate_limit": "0"}
"""Ours lets an address sign in ten times a minute; here all clients are one."""

Rates = Mapping[str, Mapping[str, Sequence[float]]]
"""Letters a second: by way, then by the stack's label, in the order they were measured."""


def measure(clients: int, seconds: float, rounds: int) -> Rates:
    """Have as many clients send by each way in turn, to the next one, `rounds` times for some seconds on each stack."""
    rates: dict[str, dict[str, list[float]]] = {name: {"ours": [], "bare": []} for name in WAYS}
    with both(settings=UNLIMITED) as stacks:
        for stack in stacks:
            bring_up(stack)
            stack.make_mailboxes(clients)
        trusts = {stack.label: people.trust(stack) for stack in stacks}
        for _ in range(rounds):
            for (name, way), stack in itertools.product(WAYS.items(), stacks):
                wait_quiet()
                rates[name][stack.label].append(_rate(stack, trusts[stack.label], way, clients, seconds))
    return rates


def _rate(stack: Stack, tls: Trust, way: "Way", clients: int, seconds: float) -> float:
    with ExitStack() as sessions:
        acts = [way.act(sessions, stack, tls, box(number), box(number % clients + 1)) for number in range(1, clients + 1)]
        return at_once(acts, seconds).rate


@dataclass(frozen=True)
class Way:
    """How a letter is sent: on 587 or on 465, in a session that is kept or in one of its own."""

    starttls: bool
    kept: bool

    def act(self, sessions: ExitStack, stack: Stack, tls: Trust, sender: str, recipient: str) -> Act:
        """Return what a client does for each letter; a session that is kept is opened now and closed with `sessions`."""
        text = letter(sender)
        if self.kept:
            server = sessions.enter_context(people.sending(stack, sender, tls, starttls=self.starttls))
            return lambda: server.sendmail(sender, [recipient], text)

        def send() -> None:
            with people.sending(stack, sender, tls, starttls=self.starttls) as server:
                server.sendmail(sender, [recipient], text)

        return send


WAYS = {
    "465, kept session": Way(starttls=False, kept=True),
    "465, new session": Way(starttls=False, kept=False),
    "587, kept session": Way(starttls=True, kept=True),
    "587, new session": Way(starttls=True, kept=False),
}


def letter(sender: str) -> bytes:
    """Return a letter of a kilobyte from somebody, as it is sent."""
    return mailboxes.letter(sender.removesuffix(f"@{DOMAIN}"), 1, Random(1)).replace(b"\n", b"\r\n")


def report(rates: Rates) -> Report:
    """Say what came out."""
    return Report(
        bench="submit",
        tables=[comparison("letters a second", rates)],
        bars=[
            Bar(f"letters a second by {way}, ours/bare", ratio(each["ours"], each["bare"]), LEAST, at_least=True)
            for way, each in rates.items()
        ],
        figures=rates,
    )
