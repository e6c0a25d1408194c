"""The system calls of a stack's daemons, seen and made to fail from the host (strace(1)), in a container of its own."""

import contextlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from docker.models.containers import Container

from support.stack import Ran, Stack
from support.wait import wait_until
from support.world import IMAGE

MASTERS = {"postfix": "/postfix/sbin/master", "dovecot": "/dovecot -F"}
"""What ps(1) shows of the first process of each."""
CALLS = "fsync,fdatasync,openat,link,linkat,rename,renameat,renameat2,write,writev,sendto"
_CALL = re.compile(r"^(\d+) +\d+\.\d+ (\w+)\((.*)\) += (-?\d+)(.*)$")
_BEGUN = re.compile(r"^(\d+) +\d+\.\d+ (\w+)\((.*) <unfinished \.\.\.>$")
_ENDED = re.compile(r"^(\d+) +(\d+\.\d+) <\.\.\. (\w+) resumed>(.*)$")


@dataclass(frozen=True)
class Call:
    """A system call that has ended: by which process, its arguments as strace writes them, its result, whether strace made it up,
    and the lines of the trace in which it began and ended."""

    pid: int
    name: str
    arguments: str
    result: int
    injected: bool
    began: int
    ended: int

    @property
    def worked(self) -> bool:
        """Whether the kernel has done it."""
        return self.result >= 0 and not self.injected


class Tracer:
    """A container beside a stack's that sees its processes by their true numbers, and may stop at each of their calls."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._container: Container = stack.run.client.containers.run(
            IMAGE, detach=True, init=True, pid_mode="host", cap_add=["SYS_PTRACE"], network_mode="none", labels=stack.run.labels
        )

    def close(self) -> None:
        """Remove it; what it holds goes on."""
        self._container.remove(force=True)

    @contextlib.contextmanager
    def watching(self, pids: Iterable[int], *options: str) -> Iterator[None]:
        """Trace processes, and those they start, for a while, with options of strace(1)."""
        held = " ".join(f"-p {pid}" for pid in pids)
        words = " ".join(options)
        script = f"rm -f /tmp/said; strace -f -ttt -y -s 200 {words} -o /tmp/trace {held} 2>/tmp/said & echo $! >/tmp/pid; wait"
        self._container.exec_run(["sh", "-c", script], detach=True)
        wait_until(lambda: "attached" in self._run("cat /tmp/said 2>&1 || true"), what="strace to hold the processes")
        try:
            yield
        finally:
            self._run("kill -INT $(cat /tmp/pid) 2>/dev/null; while kill -0 $(cat /tmp/pid) 2>/dev/null; do sleep 0.05; done")

    def run(self, command: Sequence[str], *options: str) -> Ran:
        """Run a command in the mail container under strace(1), from its first call on."""
        api, waiting = self._stack.run.client.api, 'mkfifo /tmp/go 2>/dev/null; read -r go </tmp/go; exec "$@"'
        made = api.exec_create(self._stack.container("mail").id, ["sh", "-c", waiting, "sh", *command])["Id"]
        output = api.exec_start(made, stream=True)
        pid = wait_until(lambda: api.exec_inspect(made)["Pid"], what="the command to wait for its start")
        with self.watching([pid], *options):
            self._stack.exec("sh", "-c", "until [ -p /tmp/go ]; do sleep 0.05; done; echo >/tmp/go")
            said = b"".join(output).decode()
        return Ran(api.exec_inspect(made)["ExitCode"], said)

    def calls(self) -> Iterator[Call]:
        """Return the calls of the last trace, in the order in which they ended."""
        return read(self._run("cat /tmp/trace").splitlines())

    def _run(self, script: str) -> str:
        return self._container.exec_run(["sh", "-c", script]).output.decode(errors="replace")

    def processes(self, daemon: str) -> list[int]:
        """Return the first process of a daemon and all below it."""
        rows = self._stack.container("mail").top()["Processes"]
        held = [int(row[1]) for row in rows if MASTERS[daemon] in row[-1]]
        assert held, f"{daemon} does not run: {rows}"
        for parent in held:
            held += [int(row[1]) for row in rows if int(row[2]) == parent]
        return held


def read(lines: Iterable[str]) -> Iterator[Call]:
    """Return the calls of a trace (strace -f -ttt), in the order in which they ended."""
    begun: dict[str, tuple[int, str]] = {}
    for number, line in enumerate(lines):
        began = number
        if found := _BEGUN.match(line):
            begun[found[1]] = number, found[3]
        elif found := _ENDED.match(line):
            began, first = begun.pop(found[1], (number, ""))
            line = f"{found[1]} {found[2]} {found[3]}({first}{found[4]}"
        if found := _CALL.match(line):
            yield Call(int(found[1]), found[2], found[3], int(found[4]), "INJECTED" in found[5], began, number)
