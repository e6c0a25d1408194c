"""Who may post to a group: the answer to Postfix's question (https://www.postfix.org/SMTPD_POLICY_README.html).

    python3 -I -m mailstead.policy TABLE

Postfix's spawn(8) runs it when somebody writes to a group that not everybody may write to, and it ends with its questions.
It reads the projected table alone (directory/posting.py), as Postfix compiles it, and knows nothing of the directory. What
it cannot answer is answered by Postfix itself, with 4xx: the sender tries again.
"""

import functools
import mmap
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from .cdb import value

Table = Callable[[str], str | None]
"""A key to its value, or None."""

_NO = "550 5.7.1"
_GOOD = "DUNNO"


def answer(question: Mapping[str, str], table: Table) -> str:
    """Return an access(5) action for a question: sender, recipient and sasl_username are the attributes that count."""
    recipient = _address(question.get("recipient", ""))
    groups = (table(f"to:{recipient}") or "").split(",")
    refusals = (_refusal(group, question, table) for group in groups if group)
    return next((one for one in refusals if one), _GOOD)


def _refusal(group: str, question: Mapping[str, str], table: Table) -> str | None:
    rule = table(f"rule:{group}")
    who = _who(question, table)
    if rule == "members":
        return None if who and table(f"in:{group}:{who}") else f"{_NO} only its members may write to {group}"
    signed_in = question.get("sasl_username") and _domain(who) == rule
    return None if signed_in else f"{_NO} only people of {rule} who have signed in may write to {group}"


def _who(question: Mapping[str, str], table: Table) -> str:
    """Return the address of whoever writes, in its one form; nothing where it cannot be known."""
    login = _address(question.get("sasl_username", ""))
    if login:
        return f"{_local_part(login)}@{table(f'at:{_domain(login)}') or _domain(login)}"
    sender = _address(question.get("sender", ""))
    # Anybody can write one of our addresses on an envelope: those count with their password only.
    return "" if table(f"at:{_domain(sender)}") else sender


def _address(text: str) -> str:
    local, _, domain = text.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}" if local else ""


def _local_part(address: str) -> str:
    return address.rpartition("@")[0]


def _domain(address: str) -> str:
    return address.rpartition("@")[2]


def questions(lines: Iterable[str]) -> Iterator[Mapping[str, str]]:
    """Yield the questions of a connection: lines of name=value, and an empty one after each."""
    question: dict[str, str] = {}
    for line in lines:
        name, equals, text = line.rstrip("\n").partition("=")
        if equals:
            question[name] = text
        elif question:
            yield question
            question = {}


def main() -> None:
    """Answer until Postfix has no more questions."""
    place = Path(sys.argv[1])
    with open(0, encoding="ascii", errors="replace") as asked:
        for question in questions(asked):
            # Opened for each: a change of the directory holds for the next question.
            with place.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
                print(f"action={answer(question, functools.partial(value, content))}\n", flush=True)


if __name__ == "__main__":
    main()
