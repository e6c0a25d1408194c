"""Whether mail was on the disk when it was acknowledged, by the system calls of Postfix and Dovecot in the order they were made.

Postfix: fsync of the queue file, then "250 ... queued as". Dovecot, for Maildir: fsync of the file in tmp/, its rename into new/
or cur/, fsync or fdatasync of that folder, then the 250 of LMTP or the OK of APPEND.
"""

import collections
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from faults.tracing import Call

_SYNC = ("fsync", "fdatasync")
_QUEUED = re.compile(r'"250 2\.0\.0 Ok: queued as (\w+)')
_QUEUE_FILE = re.compile(r"/incoming/(\w+)>")
_KEPT = {"lmtp": re.compile(r'"250 2\.0\.0 <.*Saved\\r'), "append": re.compile(r"\bOK \[APPENDUID ")}
_SAVED = re.compile(r'/Maildir/tmp/([^",/]+)", .*"([^"]*/Maildir/(?:new|cur))/\1')
_FILE = re.compile(r"/Maildir/tmp/([^>/]+)>")
_FOLDER = re.compile(r"<([^>]*/Maildir/(?:new|cur))>")


@dataclass
class Answers:
    """Of each way ("queue", "lmtp", "append"): how many answers there were, and those that were too early, as strace has them."""

    seen: collections.Counter[str] = field(default_factory=collections.Counter)
    early: Mapping[str, list[str]] = field(default_factory=lambda: collections.defaultdict(list))

    def note(self, way: str, call: Call, in_time: bool) -> None:
        """Count an answer."""
        self.seen[way] += 1
        if not in_time:
            self.early[way].append(call.arguments)


def answers(calls: Iterable[Call]) -> Answers:
    """Return the answers by which mail was acknowledged."""
    found, everything = Answers(), list(calls)
    _queue(everything, found)
    for pid in {call.pid for call in everything}:
        _mailboxes([call for call in everything if call.pid == pid], found)
    return found


def despite(calls: Iterable[Call]) -> set[str]:
    """Return the ids of queue files that were acknowledged though they could not be brought to the disk."""
    failed, answered = set(), set()
    for call in calls:
        if call.name == "fsync" and call.result < 0:
            failed |= set(_QUEUE_FILE.findall(call.arguments))
        if call.name == "write":
            answered |= set(_QUEUED.findall(call.arguments))
    return failed & answered


def _queue(calls: Sequence[Call], found: Answers) -> None:
    synced = {}
    for call in calls:
        if call.name == "fsync" and call.worked and (file := _QUEUE_FILE.search(call.arguments)):
            synced[file[1]] = call.ended
    for call in calls:
        if call.name == "write" and (answer := _QUEUED.search(call.arguments)):
            found.note("queue", call, synced.get(answer[1], call.ended) < call.began)


def _mailboxes(calls: Sequence[Call], found: Answers) -> None:
    """Go through the calls of one process, which does one thing after the other."""
    files: set[str] = set()
    named: set[str] = set()
    safe = False
    for call in calls:
        if call.worked and call.name in _SYNC:
            files |= set(_FILE.findall(call.arguments))
            safe = safe or bool(named & set(_FOLDER.findall(call.arguments)))
        elif call.worked and call.name.startswith(("rename", "link")) and (saved := _SAVED.search(call.arguments)):
            named |= {saved[2]} if saved[1] in files else set()
        for way, answer in _KEPT.items():
            if call.name in ("write", "writev") and "<socket:" in call.arguments and answer.search(call.arguments):
                found.note(way, call, safe)
                files, named, safe = set(), set(), False
