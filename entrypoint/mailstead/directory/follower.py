"""The follower: keeps the daemons' files as the directory in a server is, for as long as it runs.

It looks whether the directory is another than the one the files show, and starts the short-lived commands that do the work:
`prepare` when it first reaches the server and from time to time, `project` when somebody has changed the directory. While
the server is away the files stay as they are.
"""

import subprocess
import time
from collections.abc import Callable, Iterator
from typing import NoReturn, Protocol

from ..settings import Settings
from . import HERE, DirectoryError, Place, at, lock, shown, site, watching

POLL = 10.0  # seconds; changes are told, this is for those whose telling was lost
_HOUR = 3600.0  # seconds; then `prepare` looks again whether the time of deleted mail is over
_FIRST_NAP, _LONGEST_NAP = 0.5, 10.0  # seconds between two tries to reach the server


class Watch(Protocol):
    """A connection to the server a directory is in. Every method raises DirectoryError when the server is away."""

    def state(self) -> str | None:
        """Return the state the directory is in, which a projection's counter names; None where there is no directory."""

    def listen(self) -> None:
        """Hear of every change from here on, where the server can tell."""

    def wait(self, seconds: float) -> object:
        """Return when the directory may be another, or after some seconds."""


def follow(settings: Settings, place: Place = HERE, say: Callable[[str], None] = print) -> NoReturn:
    """Follow the directory until this process is ended."""
    follower = _Follower(settings, at(settings, place), say)
    while True:
        try:
            follower.watch()
        except DirectoryError as error:
            follower.note(str(error))
            time.sleep(next(follower.naps))


class _Follower:
    def __init__(self, settings: Settings, place: Place, say: Callable[[str], None]) -> None:
        self.settings = settings
        self.place = place
        self.say = say
        self.trouble = ""
        self.naps = _naps()
        self.due = 0.0

    def note(self, trouble: str) -> None:
        """Say what is wrong, once."""
        if trouble != self.trouble:
            self.say(f"{trouble}; {consequence(self.settings, self.place)}. It is tried again.")
        self.trouble = trouble

    def watch(self) -> NoReturn:
        """Connect, and bring the files up to date each time the directory is another; DirectoryError when that fails."""
        with watching(self.settings, self.place) as watch:
            watch.listen()
            while True:
                self.keep_up(watch)
                watch.wait(POLL)

    def keep_up(self, watch: Watch) -> None:
        """Bring the files up to date once."""
        state = self._state(watch)
        if time.monotonic() >= self.due:
            _run("prepare")
            self.due = time.monotonic() + _HOUR
        elif shown(self.place) != (state, site(self.settings)):
            _run("project")
        if self.trouble:
            self.say("the directory answers again.")
        self.trouble, self.naps = "", _naps()

    def _state(self, watch: Watch) -> str | None:
        # Whoever in this container is changing the directory projects it himself.
        with lock.held(self.place.projection):
            state = watch.state()
        if state is None and shown(self.place):
            # An empty one in its place would let all mail be refused for good.
            raise DirectoryError("there is no directory in the database; restore a backup, or begin anew: mailstead prepare")
        return state


def serves(place: Place) -> bool:
    """Whether the daemons have files to go by."""
    return shown(place) is not None


def consequence(settings: Settings, place: Place) -> str:
    """Return what it means, in words, that the directory cannot be asked."""
    last = shown(place)
    if not last:
        return "no mail is taken until it has been read once"
    old = "" if last[1] == site(settings) else ", for settings that have changed since"
    if place.source:
        return f"mail goes on by what it said last (state {last[0]}{old}), and nobody can sign in"
    return f"mail and logins go on by what it said last (state {last[0]}{old}), and nothing can be changed"


def _naps() -> Iterator[float]:
    nap = _FIRST_NAP
    while True:
        yield nap
        nap = min(2 * nap, _LONGEST_NAP)


def _run(verb: str) -> None:
    # Its own words go to the log; a failure is the trouble of a moment, like a server that is away.
    if subprocess.run(["mailstead", verb], check=False).returncode:
        raise DirectoryError(f"mailstead {verb} has not brought the daemons' files up to date, as said above")
