"""The processes of a stack's containers, as the kernel tells them (proc(5), /proc/PID/status)."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from support.stack import Stack

DAEMONS = {"unbound": "unbound", "saslauthd": "saslauthd", "dovecot": "dovecot", "postfix": "master"}
"""The program each daemon's first process runs."""


@dataclass(frozen=True)
class Process:
    """A process: `user` is its effective numeric user, `capabilities` its effective set as a bit mask (capabilities(7)),
    `state` one letter ("Z" for a dead one that nobody has taken note of).
    """

    pid: int
    parent: int
    name: str
    state: str
    user: int
    capabilities: int
    no_new_privileges: bool


def processes(stack: Stack, service: str = "mail") -> list[Process]:
    """Return every process of a service's container but the one that asks."""
    # A process may end between the listing and the reading.
    command = ["sh", "-c", "cat /proc/[0-9]*/status 2>/dev/null || true"]
    text = stack.container(service).exec_run(command).output.decode(errors="replace")
    return [process for process in map(_process, text.split("Name:\t")[1:]) if process.name not in ("sh", "cat")]


def _process(status: str) -> Process:
    name, *lines = status.splitlines()
    facts = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    return Process(
        pid=int(facts["Pid"]),
        parent=int(facts["PPid"]),
        name=name,
        state=facts["State"][0],
        user=int(facts["Uid"].split()[1]),
        capabilities=int(facts["CapEff"], 16),
        no_new_privileges=facts["NoNewPrivs"] == "1",
    )


def daemon(stack: Stack, name: str) -> Process | None:
    """Return the first process of a daemon, a child of the keeper; None while there is none."""
    children = (one for one in processes(stack) if one.parent == 1 and one.name == DAEMONS[name])
    return next(children, None)


def signal(stack: Stack, what: str, *pids: int, service: str = "mail") -> None:
    """Send a signal ("KILL", "STOP") to processes of a service's container; ProcessLookupError where one has ended before."""
    command = ["sh", "-c", f"kill -{what} {' '.join(map(str, pids))}"]
    status, output = stack.container(service).exec_run(command)
    if status:
        raise ProcessLookupError(output.decode())


@contextmanager
def held_still(stack: Stack, name: str) -> Iterator[None]:
    """Stop a daemon and all below it for a while: alive, its sockets open, answering nothing."""
    everyone = processes(stack)
    held = {daemon(stack, name).pid}
    while more := {one.pid for one in everyone if one.parent in held} - held:
        held |= more
    signal(stack, "STOP", *held)
    try:
        yield
    finally:
        signal(stack, "CONT", *held)
