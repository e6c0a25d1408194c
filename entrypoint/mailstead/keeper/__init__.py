"""The keeper: supervisor itself, with Mailstead's eyes; the one resident process of ours in a container.

It is supervisord (http://supervisord.org), run inside a subclass instead of beside an event listener, which would be a
second Python for the same events. Added to what supervisor does, in every container:

- each line of a daemon goes to the container's log with the daemon's name in front;
- a daemon that cannot stay up ends the container, with status 1 and a last line that says which;
- what waits for others (autostart = false) starts when they have done their part;
- signals and dead children are noticed at once, not after supervisor's next second.

What it looks after in the mail container stands in mail.py.
"""

import contextlib
import os
import signal
import sys
import time
import types
from collections.abc import Mapping, Sequence
from pathlib import Path

# supervisor needs these only for a control socket, its pages and plugins, none of which we have; and Python's own modules do
# without the last four. They were three quarters of the keeper's memory.
_SPARED: Mapping[str, Sequence[str]] = {
    "html": ("escape",),
    "html.entities": (),
    "html.parser": ("HTMLParser",),
    "http.client": (),
    "importlib.metadata": ("EntryPoint",),
    "importlib.resources": (),
    "ipaddress": (),
    "pkg_resources": (),
    "supervisor.xmlrpc": (),
    "xmlrpc.client": ("Fault",),
}
sys.modules |= {name: types.ModuleType(name) for name in _SPARED}
for _name, _parts in _SPARED.items():
    vars(sys.modules[_name]).update(dict.fromkeys(_parts))
sys.modules |= dict.fromkeys(("ssl", "_hashlib", "bz2", "lzma"))  # type: ignore[arg-type]

from supervisor import events
from supervisor.options import ServerOptions
from supervisor.states import SupervisorStates
from supervisor.supervisord import Supervisor

from .. import memory

_GATHERED = 0.02  # seconds
_GLANCE = 0.02  # seconds


class Options(ServerOptions):
    """supervisor's options; what it says has its name in front, as every daemon's words have."""

    def make_logger(self) -> None:
        """Make supervisor's own log, without the list of files it has read."""
        self.parse_infos.clear()
        super().make_logger()
        for handler in self.logger.handlers:
            handler.setFormat("supervisor: %(message)s\n")

    def openhttpservers(self, supervisord: Supervisor) -> None:
        """Open no control socket."""

    def fork(self) -> int:
        """Fork a daemon."""
        pid = super().fork()
        if not pid:
            memory.volunteer()
        return pid


class Keeper(Supervisor):
    """A supervisord that tells what it sees and knows when to give up. `environ` is the environment with its secrets."""

    awaited: Path
    """The file without which nothing starts that has autostart = false."""

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        super().__init__(options)
        self.environ = environ
        self.gave_up: str | None = None
        self.rests: dict[str, bytes] = {}
        self.heard = False
        self.waits = True

    def runforever(self) -> None:
        """Watch from here on, start the daemons now, and go round (supervisor would wait a second first)."""
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
        """Subscribe to what else there is to do in this container."""

    def start(self, _event: events.Event) -> None:
        """Start every daemon that need not wait."""
        for group in sorted(self.process_groups.values()):
            group.transition()
        # A look now and then at what others wait for: to hear of it from whoever makes it would bind that to this process.
        signal.signal(signal.SIGALRM, lambda *_: None)
        signal.setitimer(signal.ITIMER_REAL, _GLANCE, _GLANCE)
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
        """Start what waits for others, once they have done their part."""
        if not self.waits or self.options.mood < SupervisorStates.RUNNING or not self.awaited.exists():
            return
        self.waits = False
        signal.setitimer(signal.ITIMER_REAL, 0)
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
        said = self.sift(name, lines)
        if said:
            os.write(1, b"".join(b"%s: %s\n" % (name.encode(), line) for line in said))
            self.listen(name, said)

    def sift(self, name: str, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Take out of a daemon's lines what is for us alone."""
        return lines

    def listen(self, name: str, lines: Sequence[bytes]) -> None:
        """Take note of a daemon's lines, which stand in the log now."""

    def clear_away(self, event: events.ProcessStateEvent) -> None:
        """Kill what a daemon that died has left: its children hold the ports and locks that the next one needs."""
        left = event.process.pid
        if left:  # none where it could not even be started
            with contextlib.suppress(ProcessLookupError):
                os.killpg(left, signal.SIGKILL)

    def give_up(self, event: events.ProcessStateFatalEvent) -> None:
        """End the container: a mail server without one of its daemons looks alive and loses time, not mail."""
        self.gave_up = event.process.config.name
        self.options.mood = SupervisorStates.SHUTDOWN


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
