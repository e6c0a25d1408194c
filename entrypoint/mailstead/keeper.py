"""The keeper: supervisor itself, with Mailstead's eyes; the one resident process of ours in a container.

It is supervisord (http://supervisord.org), run inside a subclass instead of beside an event listener, which would be a
second Python for the same events. Added to what supervisor does:

- each line of a daemon goes to the container's log with the daemon's name in front;
- a daemon that cannot stay up ends the container, with status 1 and a last line that says which;
- what reads the directory's tables (autostart = false) starts when they are there: the first start of all makes them
  beside us;
- a directory whose tables are missing or older, since a writer died between the two, is prepared again within seconds;
- mail that waited for Dovecot is delivered when it is back;
- a certificate that is due, or whose files have changed, is looked after (lookout.py);
- who has sent is remembered, and why somebody is refused is said (witness.py);
- what people move into and out of Junk is kept for the filter, and it is taught (lessons.py);
- the postmaster is told, once a day, of an account that comes to its limit of recipients;
- mail of deleted accounts is removed when its time is over;
- once a day the doctor looks at everything, and writes to the postmaster what has changed;
- each hour somebody looks whether the DNS shows the keys that wait to sign;
- the file that declares the directory is applied when it has changed;
- where the directory is in a server, the follower does what concerns it instead (directory/follower.py);
- signals and dead children are noticed at once, not after supervisor's next second.
"""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
import types
from collections.abc import Mapping, Sequence
from pathlib import Path

# supervisor needs these only for a control socket and plugins, which we do not have: 0.07 s and 7 MB for nothing.
sys.modules["pkg_resources"] = types.ModuleType("pkg_resources")
sys.modules["ssl"] = None  # type: ignore[assignment]
sys.modules["_hashlib"] = None  # type: ignore[assignment]

from supervisor import events
from supervisor.medusa.asyncore_25 import ExitNow
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from . import lessons, running
from .clients import Clients
from .lookout import Lookout
from .places import CERTIFICATES, CLIENTS, DATABASE, DECLARED, DOCTOR, LESSONS, MAIL, PROJECTION, SEEN, SIGNING
from .rounds import Rounds
from .witness import Witness

COUNTER = PROJECTION / "counter"
CONFIG = "/etc/supervisor/supervisord.conf"
MAILBOXES = "dovecot"
FOLLOWER = "follower"
LIMITED = re.compile(rb": milter-reject: END-OF-MESSAGE .*: 4\.7\.1 Too many recipients .*from=<([^<>@\s]+@[^<>@\s]+)>")
"""What Postfix says when the filter holds back an account; whose address the sender is, it has seen before."""
_SECRETS = ("_PASSWORD", "_URL", "_HMAC", "_SECRET")
_LEGO = "LEGO_"
_GATHERED = 0.02  # seconds
_PATIENCE = 60  # seconds until the filter is tried again
_DAY = 86400
_SETTLED = 2  # seconds in which a writer projects what it has written


class Options(ServerOptions):
    """supervisor's options; what it says has its name in front, as every daemon's words have."""

    def make_logger(self) -> None:
        """Make supervisor's own log, without the list of files it has read."""
        self.parse_infos.clear()
        super().make_logger()
        for handler in self.logger.handlers:
            handler.setFormat("supervisor: %(message)s\n")


class Keeper(Supervisor):
    """A supervisord that tells what it sees and knows when to give up."""

    awaited = COUNTER
    """The file without which nothing starts that has autostart = false."""

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        super().__init__(options)
        self.environ = environ
        self.gave_up: str | None = None
        self.rests: dict[str, bytes] = {}
        self.heard = False
        self.working: dict[tuple[str, ...], subprocess.Popen] = {}
        self.lookout = Lookout(CERTIFICATES / "served.json")
        self.applied = self.declared = _dated(DECLARED)
        self.taught = 0.0
        self.told: dict[str, float] = {}
        self.witness = Witness(SEEN / "sent", PROJECTION / "refusals")
        self.clients = Clients(CLIENTS)
        self.rounds = Rounds(DOCTOR, time.time())

    def runforever(self) -> None:
        """Watch from here on, start the daemons now, and go round (supervisor would wait a second first)."""
        self.hand_over()
        events.subscribe(events.ProcessLogEvent, self.show)
        events.subscribe(events.ProcessStateExitedEvent, self.clear_away)
        events.subscribe(events.ProcessStateBackoffEvent, self.clear_away)
        events.subscribe(events.ProcessStateFatalEvent, self.give_up)
        events.subscribe(events.SupervisorRunningEvent, self.start)
        self.take_up_duties()
        with Alarm() as alarm:
            self.options.get_socket_map()[alarm.fd] = alarm
            super().runforever()

    def take_up_duties(self) -> None:
        """Watch over what only the mail container has."""
        events.subscribe(events.ProcessStateRunningEvent, self.flush)
        events.subscribe(events.Tick5Event, self.mend)
        events.subscribe(events.Tick5Event, self.guard)
        events.subscribe(events.Tick5Event, self.teach)
        events.subscribe(events.Tick5Event, self.examine)
        events.subscribe(events.Tick3600Event, self.tidy)
        events.subscribe(events.Tick3600Event, self.look_up)

    def hand_over(self) -> None:
        """Let the follower, which is ours, have the environment as it was: it needs to know where the directory is."""
        if FOLLOWER in self.process_groups:
            self.process_groups[FOLLOWER].processes[FOLLOWER].config.environment = dict(self.environ)

    def start(self, _event: events.Event) -> None:
        """Start every daemon that need not wait."""
        for group in sorted(self.process_groups.values()):
            group.transition()
        self.start_waiting()

    def tick(self, now: float | None = None) -> None:
        """Once a round: see whether what has just died, or waits for the tables, may start."""
        super().tick(now)
        if self.heard:
            # The lines of a moment together: a round for each would cost the processor three times as much under load.
            time.sleep(_GATHERED)
            self.heard = False
        for group in sorted(self.process_groups.values()):
            group.transition()
        self.start_waiting()

    def start_waiting(self) -> None:
        """Start what reads the tables once they are there: a missing one would be a 451 for as long as an smtpd lives."""
        if self.options.mood < SupervisorStates.RUNNING or not self.awaited.exists():
            return
        for group in sorted(self.process_groups.values()):
            for process in group.processes.values():
                if not process.config.autostart and not process.laststart:
                    process.spawn()

    def show(self, event: events.ProcessLogEvent) -> None:
        """Write a daemon's lines to the container's log, its name in front."""
        self.heard = True
        name = event.process.config.name
        *lines, rest = (self.rests.get(name, b"") + event.data).split(b"\n")
        self.rests[name] = rest
        if name == MAILBOXES:
            lines = self.learn(lines)
        if lines:
            os.write(1, b"".join(b"%s: %s\n" % (name.encode(), line) for line in lines))
        if name == "postfix":
            self.listen(lines)

    def listen(self, lines: Sequence[bytes]) -> None:
        """Let the witness hear Postfix's lines; what it cannot write down or look up is not worth a stop."""
        for line in lines:
            self.clients.hear(line, time.monotonic())
            held = LIMITED.search(line)
            if held:
                self.tell_of(held[1].decode())
            with contextlib.suppress(OSError):
                said = self.witness.hear(line)
                if said:
                    os.write(1, f"mailstead: {said}\n".encode())

    def learn(self, lines: Sequence[bytes]) -> list[bytes]:
        """Keep what Dovecot's lines teach; return the others, which are for people."""
        found = [lesson for lesson in map(lessons.heard, (line for line in lines if lessons.MARK in line)) if lesson]
        if found:
            with contextlib.suppress(OSError):
                lessons.keep(found)
        return [line for line in lines if lessons.MARK not in line]

    def teach(self, _event: events.Event) -> None:
        """Have the filter learn; what it could not be shown is tried again after a minute."""
        again = lessons.taken().exists()
        if (again or LESSONS.exists()) and time.time() > self.taught + (_PATIENCE if again else 0) and self.work("learn"):
            self.taught = time.time()

    def tell_of(self, login: str) -> None:
        """Have the postmaster told of an account at its limit, unless he was told today."""
        if time.time() > self.told.get(login, 0) + _DAY and self.work("rate-notice", login):
            self.told[login] = time.time()

    def clear_away(self, event: events.ProcessStateEvent) -> None:
        """Kill what a daemon that died has left: its children hold the ports and locks that the next one needs."""
        left = event.process.pid
        if left:  # none where it could not even be started
            with contextlib.suppress(ProcessLookupError):
                os.killpg(left, signal.SIGKILL)

    def flush(self, event: events.ProcessStateRunningEvent) -> None:
        """Have Postfix try at once what waited for Dovecot; by itself it would in five minutes."""
        if event.process.config.name == MAILBOXES:
            subprocess.Popen(["postqueue", "-f"], stderr=subprocess.DEVNULL)

    def give_up(self, event: events.ProcessStateFatalEvent) -> None:
        """End the container: a mail server without one of its daemons looks alive and loses time, not mail."""
        self.gave_up = event.process.config.name
        self.options.mood = SupervisorStates.SHUTDOWN

    def mend(self, _event: events.Event) -> None:
        """Have the directory prepared again where it is newer than its tables, or has none (a writer died between the two)."""
        if FOLLOWER not in self.process_groups and _looks_newer():
            self.work("prepare")
        self.notice_declared()

    def notice_declared(self) -> None:
        """Have the file that declares the directory applied, once it has changed and is as it was at the last look."""
        before, self.declared = self.declared, _dated(DECLARED)
        if self.declared and before == self.declared != self.applied and self.work("prepare"):
            self.applied = self.declared

    def guard(self, _event: events.Event) -> None:
        """Have the certificate looked after when its note, or a file it came from, asks for it."""
        if not self.works("cert", "renew") and self.lookout.calls(time.time()):
            self.work("cert", "renew")

    def examine(self, _event: events.Event) -> None:
        """Have the doctor look at everything once a day."""
        if self.rounds.are_due(time.time()):
            self.work("doctor", "--changes", "--mail")

    def tidy(self, _event: events.Event) -> None:
        """Have it prepared where mail of deleted accounts waits for its end."""
        if FOLLOWER not in self.process_groups and any((MAIL / ".deleted").glob("*")):
            self.work("prepare")

    def look_up(self, _event: events.Event) -> None:
        """Have the DNS asked for the records of the keys that sign, or wait for it."""
        self.work("dkim", "check", "--changes")

    def work(self, *verb: str) -> bool:
        """Start a verb of ours that does the work and ends, unless it runs; return whether it was started."""
        if self.works(*verb):
            return False
        self.working[verb] = subprocess.Popen(["mailstead", *verb], env=dict(self.environ))
        return True

    def works(self, *verb: str) -> bool:
        """Whether it runs."""
        return verb in self.working and self.working[verb].poll() is None


def _looks_newer() -> bool:
    """Whether the directory was written later than its projection, and long enough ago; a look at two dates, no more."""
    try:
        written = max(path.stat().st_mtime for path in DATABASE.parent.glob(f"{DATABASE.name}*"))
        return written > _shown() and time.time() > written + _SETTLED
    except (ValueError, FileNotFoundError):
        return True


def _dated(file: Path) -> tuple[int, ...] | None:
    """Return what tells one state of a file from another, without reading it; None where it is not."""
    try:
        seen = file.stat()
        return seen.st_mtime_ns, seen.st_size, seen.st_ino
    except OSError:
        return None


def _shown() -> float:
    return COUNTER.stat().st_mtime if COUNTER.exists() else 0


class FilterKeeper(Keeper):
    """The keeper of the filter's container, which has no mail, no directory and no certificate."""

    awaited = SIGNING / "controller.inc"

    def take_up_duties(self) -> None:
        """There are none."""


class Alarm:
    """Wakes supervisor's loop when a signal comes: a pipe that the interpreter writes to (signal.set_wakeup_fd)."""

    def __enter__(self) -> "Alarm":
        self.fd, self._writer = os.pipe()
        os.set_blocking(self.fd, False)
        os.set_blocking(self._writer, False)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        return self

    def __exit__(self, *_error: object) -> None:
        signal.set_wakeup_fd(-1)
        os.close(self.fd)
        os.close(self._writer)

    def readable(self) -> bool:
        """Always of interest to the loop."""
        return True

    def writable(self) -> bool:
        """Nothing to write."""
        return False

    def handle_read_event(self) -> None:
        """Take the signals' numbers off the pipe; supervisor knows them already."""
        with contextlib.suppress(BlockingIOError):
            os.read(self.fd, 4096)


def _without_secrets() -> Mapping[str, str]:
    """Take the passwords out of the environment that the daemons inherit; return it as it was."""
    whole = dict(os.environ)
    for name in whole:
        if (name.startswith("MAIL_") and name.endswith(_SECRETS)) or name.startswith(_LEGO):
            del os.environ[name]
    return whole


def main() -> int:
    """Keep the daemons until a signal or a hopeless daemon ends it; return the container's exit status."""
    environ = _without_secrets()
    options = Options()
    options.realize(["-n", "-c", CONFIG])
    options.first, options.test = True, False
    keeper = {"mail": Keeper, "filter": FilterKeeper}[sys.argv[1]](options, environ)
    with contextlib.suppress(ExitNow):
        keeper.main()
    options.close_logger()
    if keeper.gave_up:
        print(f"mailstead: {keeper.gave_up} does not stay up, so this container ends; its last words are above.", flush=True)
        return 1
    running.end()
    return 0


if __name__ == "__main__":
    sys.exit(main())
