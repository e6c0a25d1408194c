"""The keeper of the mail container: what has to be noticed there, and done at once or in time.

- what reads the directory's tables starts when they are there: the first start of all makes them beside us;
- a directory whose tables are missing or older, since a writer died between the two, is prepared again within seconds;
- a Dovecot that waits because the clock was set back is told to go on;
- mail that waited for Dovecot is delivered when it is back (put_off.py);
- a certificate that is due, or whose files have changed, is looked after (lookout.py);
- who has sent is remembered, and why somebody is refused is said (witness.py);
- what people move into and out of Junk is kept for the filter, and it is taught (lessons.py);
- whose password is guessed by Docker's gateway waits for a minute (guesses.py);
- saslauthd is started anew where it has lost a worker;
- the postmaster is told, once a day, of an account that comes to its limit of recipients;
- mail of deleted accounts is removed when its time is over;
- once a day the doctor looks at everything, and writes to the postmaster what has changed;
- each hour somebody looks whether the DNS shows the keys that wait to sign;
- the file that declares the directory is applied when it has changed;
- where the directory is in a server, the follower does what concerns it instead (directory/follower.py).

The work itself is done by verbs of ours, which run and end.
"""

import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from supervisor import events

from .. import lessons, probe
from ..clients import Clients
from ..guesses import Guesses
from ..lookout import Lookout, look
from ..places import CERTIFICATES, CLIENTS, DATABASE, DECLARED, DOCTOR, GATEWAYS, HELD, LESSONS, MAIL, PROJECTION, SEEN
from ..put_off import PutOff
from ..rounds import Rounds
from ..witness import Witness
from . import Keeper, Options

COUNTER = PROJECTION / "counter"
MAILBOXES, QUEUE, FOLLOWER, PASSWORDS = "dovecot", "postfix", "follower", "saslauthd"
LIMITED = re.compile(rb": milter-reject: END-OF-MESSAGE .*: 4\.7\.1 Too many recipients .*from=<([^<>@\s]+@[^<>@\s]+)>")
"""What Postfix says when the filter holds back an account; whose address the sender is, it has seen before."""
SET_BACK = b"master: Warning: Time moved backwards by"
"""What Dovecot's first process says before it lets nobody in for three minutes, unless it reads its configuration again."""
_PROCESSES = re.compile(r" -n (\d+)")
_PATIENCE = 60  # seconds until the filter is tried again
_DAY = 86400
_SETTLED = 2  # seconds in which a writer projects what it has written


class MailKeeper(Keeper):
    """The keeper of the daemons that take, keep and hand out mail."""

    # A missing table would be a 451 for as long as an smtpd lives.
    awaited = COUNTER

    def __init__(self, options: Options, environ: Mapping[str, str]) -> None:
        super().__init__(options, environ)
        self.working: dict[tuple[str, ...], subprocess.Popen] = {}
        self.lookout = Lookout(CERTIFICATES / "served.json")
        self.applied = self.declared = look(str(DECLARED))
        self.taught = 0.0
        self.told: dict[str, float] = {}
        self.witness = Witness(SEEN / "sent", PROJECTION / "refusals")
        self.clients = Clients(CLIENTS)
        self.guesses = Guesses(HELD, GATEWAYS)
        self.put_off = PutOff(probe.ADDRESS)
        self.lacking = 0
        self.rounds = Rounds(DOCTOR, time.time())

    def take_up_duties(self) -> None:
        """Look after the directory, the certificate, the keys, the filter, and the mail that waits."""
        self.hand_over()
        events.subscribe(events.ProcessStateRunningEvent, self.flush)
        events.subscribe(events.Tick5Event, self.mend)
        events.subscribe(events.Tick5Event, self.guard)
        events.subscribe(events.Tick5Event, self.teach)
        events.subscribe(events.Tick5Event, self.retry)
        events.subscribe(events.Tick5Event, self.examine)
        events.subscribe(events.Tick5Event, self.let_go)
        events.subscribe(events.Tick5Event, self.refill)
        events.subscribe(events.Tick3600Event, self.tidy)
        events.subscribe(events.Tick3600Event, self.look_up)

    def hand_over(self) -> None:
        """Let the follower, which is ours, have the environment as it was: it needs to know where the directory is."""
        if FOLLOWER in self.process_groups:
            self.process_groups[FOLLOWER].processes[FOLLOWER].config.environment = dict(self.environ)

    def sift(self, name: str, lines: Sequence[bytes]) -> Sequence[bytes]:
        """Keep what Dovecot's lines teach; the others are for people."""
        found = [line for line in lines if name == MAILBOXES and lessons.MARK in line]
        learned = [lesson for lesson in map(lessons.heard, found) if lesson]
        if learned:
            with contextlib.suppress(OSError):
                lessons.keep(learned)
        return [line for line in lines if line not in found] if found else lines

    def listen(self, name: str, lines: Sequence[bytes]) -> None:
        """Let the witness hear Postfix's lines; what it cannot write down or look up is not worth a stop."""
        if name == MAILBOXES and any(SET_BACK in line for line in lines):
            subprocess.Popen(["doveadm", "reload"])
        for line in lines if name == QUEUE else ():
            self.clients.hear(line, time.monotonic())
            self.put_off.hear(line)
            held = LIMITED.search(line)
            if held:
                self.tell_of(held[1].decode())
            with contextlib.suppress(OSError):
                self.guesses.hear(line, time.monotonic())
                said = self.witness.hear(line)
                if said:
                    os.write(1, f"mailstead: {said}\n".encode())

    def teach(self, _event: events.Event) -> None:
        """Have the filter learn; what it could not be shown is tried again after a minute."""
        again = lessons.taken().exists()
        if (again or LESSONS.exists()) and time.time() > self.taught + (_PATIENCE if again else 0) and self.work("learn"):
            self.taught = time.time()

    def tell_of(self, login: str) -> None:
        """Have the postmaster told of an account at its limit, unless he was told today."""
        if time.time() > self.told.get(login, 0) + _DAY and self.work("rate-notice", login):
            self.told[login] = time.time()

    def flush(self, event: events.ProcessStateRunningEvent) -> None:
        """Have Postfix try at once what waited for Dovecot before a start; by itself it would in five minutes."""
        if event.process.config.name == MAILBOXES:
            subprocess.Popen(["postqueue", "-f"], stderr=subprocess.DEVNULL)

    def retry(self, _event: events.Event) -> None:
        """Have Postfix try again what Dovecot has put off meanwhile, once it takes mail."""
        now = time.monotonic()
        if self.put_off.is_due(now):
            self.put_off.retry(now)

    def mend(self, _event: events.Event) -> None:
        """Have the directory prepared again where it is newer than its tables, or has none (a writer died between the two)."""
        if FOLLOWER not in self.process_groups and _looks_newer():
            self.work("prepare")
        self.notice_declared()

    def notice_declared(self) -> None:
        """Have the file that declares the directory applied, once it has changed and is as it was at the last look."""
        before, self.declared = self.declared, look(str(DECLARED))
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

    def let_go(self, _event: events.Event) -> None:
        """Let those sign in again whose minute is over."""
        with contextlib.suppress(OSError):
            self.guesses.write(time.monotonic())

    def refill(self, _event: events.Event) -> None:
        """Start saslauthd anew where it lacks a worker for two looks: it makes no other, and would check one by one for ever."""
        group = self.process_groups.get(PASSWORDS)
        process = group.processes[PASSWORDS] if group else None
        lacking = process.pid if process and process.pid and _lacks_workers(process.pid, process.config.command) else 0
        if lacking and lacking == self.lacking:
            os.kill(lacking, signal.SIGKILL)
        self.lacking = lacking

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


def _lacks_workers(pid: int, command: str) -> bool:
    """Whether a saslauthd has fewer living processes than its command says (-n, itself among them); proc_pid_task(5)."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:  # it has just ended, or the kernel keeps no such list
        return False
    living = [one for one in children if _lives(one)]
    return len(living) < int(_PROCESSES.search(command)[1]) - 1


def _lives(pid: str) -> bool:
    """Whether a process has not ended (proc_pid_stat(5))."""
    try:
        return not Path(f"/proc/{pid}/stat").read_bytes().rpartition(b") ")[2].startswith(b"Z")
    except OSError:
        return False


def _looks_newer() -> bool:
    """Whether the directory was written later than its projection, and long enough ago; a look at two dates, no more."""
    try:
        written = max(path.stat().st_mtime for path in DATABASE.parent.glob(f"{DATABASE.name}*"))
        return written > _shown() and time.time() > written + _SETTLED
    except (ValueError, FileNotFoundError):
        return True


def _shown() -> float:
    return COUNTER.stat().st_mtime if COUNTER.exists() else 0
