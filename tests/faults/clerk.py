"""Somebody who goes on changing the directory, and a reader who goes on marking letters: what both were told is kept."""

import uuid
from dataclasses import dataclass, field

from faults.meanwhile import Meanwhile
from support import clients
from support.people import Person
from support.stack import Stack

PAUSE = 0.1  # seconds between two marks


@dataclass
class Kept:
    """What was acknowledged: passwords by address, DKIM records by domain, and letters that were marked, Message-ID by UID.

    `turn` is that of the last password of `turning` that was acknowledged; the one after it may hold as well.
    """

    accounts: dict[str, str] = field(default_factory=dict)
    records: dict[str, str] = field(default_factory=dict)
    marked: dict[int, str] = field(default_factory=dict)
    turn: int = 0

    def copy(self) -> "Kept":
        """Return what was acknowledged up to now."""
        return Kept(dict(self.accounts), dict(self.records), dict(self.marked), self.turn)


class Clerk(Meanwhile):
    """Makes accounts and domains, changes a password, and marks letters of `person`, while the `with` lasts."""

    def __init__(self, stack: Stack, person: Person, turning: str) -> None:
        self._stack, self._person, self._turning = stack, person, turning
        self.kept = Kept()
        super().__init__((self._change, self._mark))

    def _change(self) -> None:
        while not self.over.is_set():
            name = uuid.uuid4().hex[:8]
            address, domain, turn = f"{name}@example.test", f"{name}.test", self.kept.turn + 1
            self._stack.mailstead("account", "add", address, "--password-stdin", text=f"{password(name)}\n")
            self.kept.accounts[address] = password(name)
            self._stack.mailstead("account", "passwd", self._turning, "--password-stdin", text=f"{password(turn)}\n")
            self.kept.turn = turn
            self._stack.mailstead("domain", "add", domain)
            self.kept.records[domain] = self._stack.mailstead("dkim", "show", domain)

    def _mark(self) -> None:
        with self._person.inbox.imap() as server:
            while not self.over.wait(PAUSE):
                name = f"<{uuid.uuid4()}@example.test>"
                server.append("INBOX", None, None, f"Message-ID: {name}\r\n\r\nMark me.\r\n".encode())
                uid = int(server.response("APPENDUID")[1][-1].split()[-1])
                server.uid("STORE", str(uid), "+FLAGS", r"(\Flagged)")
                self.kept.marked[uid] = name


def password(what: object) -> str:
    """Return the password that belongs to a name or a number."""
    return f"the password of {what}"


def missing(stack: Stack, kept: Kept, turning: str) -> list[str]:
    """Return a sentence for each account, password and DKIM record that was acknowledged and does not hold."""
    said = [f"{address} cannot sign in" for address, word in kept.accounts.items() if not clients.signs_in(stack, address, word)]
    if kept.turn and not any(clients.signs_in(stack, turning, password(turn)) for turn in (kept.turn, kept.turn + 1)):
        said.append(f"{turning} has neither password {kept.turn} nor the next")
    shown = {domain: stack.attempt("mailstead", "dkim", "show", domain).output for domain in kept.records}
    return said + [f"{domain} has another key" for domain, record in kept.records.items() if shown[domain] != record]


def unmarked(person: Person, kept: Kept) -> tuple[list[int], list[int]]:
    """Return the UIDs of marked letters that have no mark any more, and those that are no longer that letter's."""
    with person.inbox.imap() as server:
        answer = server.uid("FETCH", "1:*", "(FLAGS BODY.PEEK[HEADER.FIELDS (MESSAGE-ID)])")[1]
    there = {int(part[0].split()[2]): part for part in answer if isinstance(part, tuple)}
    other = [uid for uid, name in kept.marked.items() if uid not in there or name.encode() not in there[uid][1]]
    return [uid for uid in kept.marked if uid in there and rb"\Flagged" not in there[uid][0]], other
