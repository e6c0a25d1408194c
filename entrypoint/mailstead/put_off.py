"""Letters that Dovecot could not take for a trouble of its own, and whether that is over. Standard library.

Postfix tries again after 5 minutes, then later and later; the keeper hands its lines on, and has those letters tried as soon as
Dovecot takes mail again. An account that is full is no such trouble (4.2.2), and waits as Postfix has it.
"""

import re
import socket
import subprocess

from .places import LMTP

_PUT_OFF = re.compile(
    rb": ([0-9A-Za-z]+): to=<.* dsn=4\.[34]\.\d+, status=deferred \(.*(?:\[" + LMTP.encode() + rb"\]|mail transport)"
)
_SKIPPED = re.compile(rb"qmgr\[\d+\]: ([0-9A-Za-z]+): skipped, still being delivered")
"""What a queue manager says that was started anew, of a letter that the one before it had handed out."""
_ALL = 100
"""So many are asked for one by one; where more wait, the whole queue is tried."""
_SOON, _LATE = 5, 60  # seconds between two tries: twice as many each time, as long as Dovecot goes on putting off
_PATIENCE = 1  # seconds


class PutOff:
    """Listens to Postfix; `recipient` is an address that Dovecot always knows."""

    def __init__(self, recipient: str) -> None:
        self.recipient = recipient
        self.waiting: set[str] = set()
        self.pause = _SOON
        self.tried = 0.0

    def hear(self, line: bytes) -> None:
        """Take notice of a letter that was put off."""
        found = _PUT_OFF.search(line) if b"status=deferred" in line else _SKIPPED.search(line)
        if found:
            self.waiting.add(found[1].decode())

    def is_due(self, now: float) -> bool:
        """Whether letters wait, and Dovecot would take them; `now` are seconds of a clock that is never set."""
        if not self.waiting:
            return False
        return now >= self.tried + self.pause and self.takes_mail()

    def retry(self, now: float) -> None:
        """Have Postfix try them at once."""
        self.pause = min(2 * self.pause, _LATE) if now < self.tried + 2 * _LATE else _SOON
        self.tried = now
        ids, self.waiting = sorted(self.waiting), set()
        words = ["postqueue", "-f"] if len(ids) > _ALL else ["xargs", "-n", "1", "postqueue", "-i"]
        asked = subprocess.Popen(words, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
        with asked.stdin:  # less than a pipe holds
            asked.stdin.write("\n".join(ids[:_ALL]).encode())

    def takes_mail(self) -> bool:
        """Ask Dovecot whether it would take a letter, which it can say only if it can look people up."""
        words = f"LHLO localhost\r\nMAIL FROM:<>\r\nRCPT TO:<{self.recipient}>\r\nQUIT\r\n"
        try:
            with socket.socket(socket.AF_UNIX) as lmtp:
                lmtp.settimeout(_PATIENCE)
                lmtp.connect(LMTP)
                lmtp.sendall(words.encode())
                return b"250 2.1.5" in lmtp.makefile("rb").read()
        except OSError:
            return False
