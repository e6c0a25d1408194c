"""Keys changed so that every signature can be checked: a record is in the DNS before its key signs, and for a while after.

Time is an argument (seconds since the epoch), and so is the DNS.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from .store import Key, Note, Store

_DAY = 86400
RETIRED = 7 * _DAY
"""How long the record of a retired key stays: mail may wait in queues for five days, and be read again by filters later."""
PATIENCE = 2 * _DAY
"""After so long without its record a key that signs is said to have none: the DNS, or the way to it, may be away for a while."""

Texts = Callable[[str], Sequence[str] | None]
"""A name to its TXT records, each as one text; None where the DNS gives no answer now."""


def rotate(store: Store, domain: str, now: int) -> Sequence[Key]:
    """Make the next pair of keys, unless one waits for its records already; return the keys that wait."""
    from . import make  # and with it cryptography

    with store.alone():
        note = store.note(domain)
        if not note.in_state("next"):
            note = make.pair(store, domain, note, "next", now)
    return note.in_state("next")


def check(store: Store, domain: str, texts: Texts, now: int) -> Sequence[str]:
    """Look which records are published and go on by that; return what has changed, in sentences."""
    note = store.note(domain)
    shown = {key.selector: shows(key, texts(key.name)) for key in note.in_state("signing", "next")}
    gone = tuple(name for name in note.gone if texts(name) != [])
    with store.alone():
        before = store.note(domain)  # the DNS may have taken its time
        after = replace(_moved_on(before, shown, now), gone=tuple(name for name in before.gone if name in gone))
        after = _without_retired(after, now)
        if after != before:
            store.keep(domain, after)
    return list(_said(before, after))


def shows(key: Key, texts: Sequence[str] | None) -> bool | None:
    """Whether TXT records have the public half of a key (RFC 6376, 3.6.1); None where the DNS gave no answer."""
    return None if texts is None else any(_tags(text).get("p") == key.public for text in texts)


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip(): "".join(value.split()) for name, _, value in pairs}


def _moved_on(note: Note, shown: dict[str, bool | None], now: int) -> Note:
    for key in note.in_state("signing", "next"):
        if not shown.get(key.selector):
            continue
        if key.state == "next":
            last = [one for one in note.in_state("signing") if one.algorithm == key.algorithm]
            note = note.having(*(replace(one, state="retired", since=now) for one in last))
            key = replace(key, state="signing", since=now)
        note = note.having(replace(key, seen=now))
    return note


def _without_retired(note: Note, now: int) -> Note:
    over = [key for key in note.in_state("retired") if now >= key.since + RETIRED]
    kept = tuple(key for key in note.keys if key not in over)
    return replace(note, keys=kept, gone=(*note.gone, *(key.name for key in over)))


def _said(before: Note, after: Note) -> Iterator[str]:
    was = {key.selector: key for key in before.keys}
    for key in after.keys:
        state = was[key.selector].state
        if (state, key.state) == ("next", "signing"):
            yield f"mail of {key.domain} is signed with {key.selector} from now on"
        elif (state, key.state) == ("signing", "retired"):
            yield f"{key.selector} of {key.domain} signs no more; its record stays in the DNS for {RETIRED // _DAY} days"
        elif key.state == "signing" and not was[key.selector].seen and key.seen:
            yield f"the DNS shows {key.name}"
    for name in after.gone:
        if name not in before.gone:
            yield f"{name} may be taken out of the DNS"


def lacks_record(key: Key, now: int) -> bool:
    """Whether mail is signed with a key whose record was never seen in the DNS, or not for a while."""
    return key.state == "signing" and now - key.seen > PATIENCE
