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


def test_many_programs_in_one_mailbox_keep_to_what_each_was_told(
    stack: Stack, alice: Person, long: bool, figure: Figure, request: pytest.FixtureRequest
):
    """Letters, flags and UIDs are in the end what the sum of all yeses says; --seed repeats what chance decided."""
    seed = request.config.getoption("--seed") or random.randrange(10**6)
    figure("seed", seed)
    said = len(stack.container("mail").logs())
    model = Model()
    hands = [Hand(alice, FOLDERS, model, random.Random(f"{seed}-{number}")) for number in range(8)]
    with Meanwhile(hand.worker(1500 if long else 60) for hand in hands):
        pass

    figure("commands", sum(hand.done for hand in hands))
    assert [problem for hand in hands for problem in hand.problems] == []
    assert contents(alice, FOLDERS) == model.letters
    assert not WORDS.search(stack.container("mail").logs()[said:].decode(errors="replace"))
