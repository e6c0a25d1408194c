"""People look for words in their letters: an index answers, kept as mail comes."""

from support.people import Person
from support.stack import Stack
from support.wait import wait_until

INDEX = "Maildir/fts-flatcurve"


def test_words_are_found_by_their_beginnings_without_capitals_and_accents(alice: Person, bob: Person):
    """As people type them; what is no beginning of a word is not found, by which one sees that the index answers."""
    alice.send(to=bob, subject="Menu", text="On Friday the Crème brûlée is served by Gustafsson.")
    bob.inbox.wait_for(subject="Menu")

    assert bob.inbox.search("BODY", "creme") == bob.inbox.search("TEXT", "gustaf") == bob.inbox.search("BODY", '"brulee is"') == 1
    assert bob.inbox.search("BODY", "tafsson") == bob.inbox.search("BODY", "thursday") == 0


def test_the_index_is_there_before_anybody_searches(stack: Stack, alice: Person, bob: Person):
    """A delivered letter is indexed by itself, in the background."""
    alice.send(to=bob, subject="Indexed")
    bob.inbox.wait_for(subject="Indexed")

    wait_until(lambda: stack.attempt("test", "-d", f"{bob.home}/{INDEX}").status == 0, 30, what="the index")


def test_letters_without_an_index_are_indexed_by_the_first_search(stack: Stack, alice: Person, bob: Person):
    """Those that were there before, restored from a backup, or whose index was lost."""
    alice.send(to=bob, subject="Before", text="An aardvark.")
    bob.inbox.wait_for(subject="Before")
    wait_until(lambda: bob.inbox.search("BODY", "aardvark") == 1, 30, what="it to be found")
    stack.exec("rm", "-r", f"{bob.home}/{INDEX}")

    assert bob.inbox.search("BODY", "aardvark") == 1
