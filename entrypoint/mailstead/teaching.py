"""The filter taught: letters from the mailboxes, put before its controller (https://docs.rspamd.com/developers/protocol)."""

import http.client
import subprocess
from collections.abc import Callable, Iterable

from . import signing
from .lessons import Lesson
from .services.filter import CONTROLLER, HOST

_LARGEST = 4 * 2**20
"""Bytes of a letter that is learned from; longer ones teach no better."""
_KINDS = {"spam": "/learnspam", "ham": "/learnham"}


def teach(lessons: Iterable[Lesson], fetch: Callable[[Lesson], bytes]) -> int:
    """Have the filter learn; return how many letters it took. OSError or HTTPException where it is away."""
    known = 0
    connection = http.client.HTTPConnection(HOST, CONTROLLER, timeout=30)
    for lesson in lessons:
        letter = fetch(lesson)
        if letter and len(letter) <= _LARGEST:
            headers = {"Password": signing.secret(), "Deliver-To": lesson.user}
            connection.request("POST", _KINDS[lesson.kind], letter, headers)
            answer = connection.getresponse()
            answer.read()
            known += answer.status == http.client.OK
    return known


def fetch(lesson: Lesson) -> bytes:
    """Return a letter from its mailbox; nothing where it has gone (doveadm-fetch(1))."""
    where = ["mailbox", lesson.folder, "header", "message-id", lesson.id]
    done = subprocess.run(["doveadm", "fetch", "-u", lesson.user, "text", *where], capture_output=True)
    # Of copies, any will do; a form feed ends each.
    return done.stdout.removeprefix(b"text:\n").partition(b"\f\n")[0]
