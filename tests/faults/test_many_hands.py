"""Many mail programs at work in one mailbox at once: none of them undoes, or misses, what another one does."""

import random
import re
from collections.abc import Callable

import pytest

from faults.many_hands import Hand, Model, contents
from faults.meanwhile import Meanwhile
from support.people import Person
from support.stack import Stack

Figure = Callable[[str, object], None]
FOLDERS = ("INBOX", "Archive")
WORDS = re.compile(r"Panic|Fatal|assert|Corrupted", re.IGNORECASE)
"""What Dovecot says where it has come to what cannot be."""
NEW_UID = "Expunged message reappeared, giving a new UID"
"""What it says of a letter in a Maildir that was given another name while its folder was read: it is there, as if it were new."""


def test_many_programs_in_one_mailbox_keep_to_what_each_was_told(
    stack: Stack, alice: Person, long: bool, figure: Figure, request: pytest.FixtureRequest
):
    """Letters, flags and UIDs are in the end what the sum of all yeses says, but for letters that Dovecot says it has given
    another UID; no UID is ever another letter's. --seed repeats what chance decided.
    """
    seed = request.config.getoption("--seed") or random.randrange(10**6)
    figure("seed", seed)
    said = len(stack.container("mail").logs())
    model = Model()
    hands = [Hand(alice, FOLDERS, model, random.Random(f"{seed}-{number}")) for number in range(8)]
    with Meanwhile(hand.worker(1500 if long else 60) for hand in hands):
        pass

    figure("commands", sum(hand.done for hand in hands))
    log = stack.container("mail").logs()[said:].decode(errors="replace")
    there, renumbered = contents(alice, FOLDERS), log.count(NEW_UID)
    figure("letters that got another UID", renumbered)
    assert [problem for hand in hands for problem in hand.problems] == []
    assert not WORDS.search(log)
    assert {name for name, _ in model.letters.values()} - {name for name, _ in there.values()} == set()
    assert {place: letter for place, letter in there.items() if model.letters.get(place, letter) != letter} == {}
    assert len(there.keys() - model.letters.keys()) <= renumbered
    assert len(model.letters.keys() - there.keys()) <= renumbered
