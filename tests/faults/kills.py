"""One process of a stack, found by its name and its parent's, killed while it works; and what must be so soon after."""

from collections.abc import Callable
from dataclasses import dataclass

from faults.load import Load
from stack.processes import Process, processes, signal
from support.stack import Stack
from support.wait import wait_until

SOON = 10  # seconds in which all answers again after a kill
_THERE = 90  # seconds in which a process that works now and then has begun


@dataclass(frozen=True)
class Victim:
    """A process to be killed: of those called so with such a parent, the youngest. `service` is its container's."""

    parent: str
    name: str
    service: str = "mail"

    def __str__(self) -> str:
        return f"{self.name} of {self.parent}"


KEEPER = "mailstead"
# Not anvil, which is not asked about clients that come by Docker's gateway, as ours do.
_POSTFIX = ("smtpd", "cleanup", "qmgr", "lmtp", "trivial-rewrite", "tlsmgr", "postlogd", "proxymap", "postscreen", "smtp")
_DOVECOT = ("auth", "lmtp", "imap-login", "imap", "anvil", "stats", "log", "config")
MAIL = (
    *(Victim("master", name) for name in _POSTFIX),
    *(Victim("dovecot", name) for name in _DOVECOT),
    Victim("saslauthd", "saslauthd"),
    *(Victim(KEEPER, name) for name in ("saslauthd", "unbound", "opendkim", "postsrsd", "dovecot", "master")),
)
"""Every process that mail, or a login, goes through; the first process of all is killed from outside (test_crash.py)."""
RARE = (Victim("master", "spawn"), Victim("spawn", "python3"))
"""Who knows what others' certificates must be (MTA-STS): asked seldom, and so waited for."""
FILTER = (
    Victim("rspamd", "rspamd", "filter"),
    *(Victim(KEEPER, name, "filter") for name in ("rspamd", "valkey-server", "unbound")),
)
"""Those of the filter's container."""


def find(stack: Stack, victim: Victim) -> Process | None:
    """Return the victim; None while there is none."""
    everyone = processes(stack, victim.service)
    names = {one.pid: KEEPER if one.pid == 1 else one.name for one in everyone}
    chosen = [one for one in everyone if one.name == victim.name and names.get(one.parent) == victim.parent]
    return max(chosen, key=lambda one: one.pid, default=None)


def strike(stack: Stack, victim: Victim) -> None:
    """Kill the victim as soon as it is there."""
    wait_until(lambda: _struck(stack, victim), _THERE, what=f"{victim} to be there to be killed")


def _struck(stack: Stack, victim: Victim) -> bool:
    found = find(stack, victim)
    try:
        if found:
            signal(stack, "KILL", found.pid, service=victim.service)
    except ProcessLookupError:  # it has ended by itself meanwhile
        return False
    return bool(found)


def kill_under(load: Load, victim: Victim, at_once: Callable[[], object]) -> float:
    """Kill the victim, do something at once, and wait until mail is taken by every way; return how many seconds that took."""
    strike(load.stack, victim)
    at_once()
    took = load.wait_for_every_kind(f"mail to be taken by every way after a kill of {victim}", SOON)
    dead = _dead(load.stack, victim.service)
    wait_until(
        lambda: not (dead and dead & _dead(load.stack, victim.service)), SOON, what=f"what a kill of {victim} left to be gone"
    )
    return took


def _dead(stack: Stack, service: str) -> set[Process]:
    """Return the dead processes that nobody has taken note of; a parent may be just about to."""
    return {one for one in processes(stack, service) if one.state == "Z"}
