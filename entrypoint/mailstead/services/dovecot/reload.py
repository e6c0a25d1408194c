"""Dovecot made to read its configuration and certificate anew, in a moment in which nobody is just signing in.

Who is signed in stays so (shutdown_clients). But Dovecot forgets, with its old auth process, who is on the way from his greeting
to his mailbox; he would have to connect again. Such a way takes milliseconds, so that a moment without any is soon found.
"""

import contextlib
import os
import signal
import time
from pathlib import Path

MASTER = Path("/run/dovecot/master.pid")
_LONGEST = 3  # seconds; whoever connects and says nothing must not keep an old certificate in service
_BLINK = 0.002
_PROGRAM = b"/usr/sbin/dovecot"
_SIGNED_IN = b" proxy]"


def reload(processes: Path = Path("/proc")) -> None:
    """Send SIGHUP to Dovecot's master; nothing happens where it does not run."""
    end = time.monotonic() + _LONGEST
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        master = int(MASTER.read_text(encoding="ascii"))
        settled = {str(master)}
        while somebody_signs_in(processes, settled) and time.monotonic() < end:
            time.sleep(_BLINK)
        os.kill(master, signal.SIGHUP)


def somebody_signs_in(processes: Path, settled: set[str]) -> bool:
    """Whether a login process has a client that is not signed in, or one is just being started, by the titles in proc(5).

    `settled` are the numbers of processes that need no look; those that have proved to be none of these are added, so that
    the next look is over before somebody else can come.
    """
    looked_at = {number for number in os.listdir(processes) if number.isdigit()} - settled
    signing_in = {number for number in looked_at if _is_signing_in(processes / number / "cmdline")}
    settled |= looked_at - signing_in
    return bool(signing_in)


def _is_signing_in(command_line: Path) -> bool:
    try:
        title = command_line.read_bytes().replace(b"\0", b" ").strip()
    except OSError:
        return False  # it has ended
    forked = title.startswith(_PROGRAM)
    login = title.partition(b" ")[0].endswith(b"-login") and not title.endswith(_SIGNED_IN)
    return forked or login
