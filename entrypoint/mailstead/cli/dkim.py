"""The verbs of the keys that sign outgoing mail: look at them, change them, see whether the DNS has their records."""

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .. import names
from ..directory import HERE, DirectoryError, Place
from ..dkim import Key, domains, rotation, signing
from ..dkim.store import Note
from ..dns.txt import quoted
from ..settings import Settings
from . import GOOD, WANTING
from .directory import Arguments, maker, noun


def show(arguments: Arguments, settings: Settings) -> int:
    """Show the keys of a domain or of all, the records that belong into the DNS, and those that may go."""
    notes = _notes(arguments, settings)
    facts = [one for domain, note in notes.items() for one in _facts(domain, note)]
    lines = [line for domain, note in notes.items() for line in _lines(domain, note)]
    return _print(arguments, facts, lines or ["There is no domain here yet."])


def rotate(arguments: Arguments, settings: Settings) -> int:
    """Make the next keys of a domain and print the records to publish; they sign once the DNS shows them."""
    domain = _present(arguments, settings)
    keys = rotation.rotate(domains.at(arguments.place), domain, int(time.time()))
    last = f"When the DNS shows a record, its key signs: that is looked at every hour, or now by: mailstead dkim check {domain}"
    lines = ["Publish these records beside those there are:", *map(_record, keys), last]
    return _print(arguments, [_fact(key) for key in keys], lines)


def check(arguments: Arguments, settings: Settings) -> int:
    """Look whether the DNS shows the records, and let the keys that waited for it sign (the keeper does so every hour)."""
    from ..dkim.dns import texts

    store = domains.at(arguments.place)
    wanted = [_present(arguments, settings)] if arguments.domain else domains.present(settings, arguments.place)
    said = [f"{domain} has new keys" for domain in domains.provide(wanted, settings, arguments.place)]
    for domain in wanted:
        said += rotation.check(store, domain, texts, int(time.time()))
    if said and arguments.place.owned:
        signing.write_for(settings, store)
    missing = [key for domain in wanted for key in store.keys(domain) if _waits(key)]
    waiting = [f"the DNS does not show {key.name}" for key in missing if not arguments.changes]
    facts = {"changed": said, "missing": [key.name for key in missing]}
    lines = [*said, *waiting] or ([] if arguments.changes else ["the DNS shows every record"])
    _print(arguments, facts, lines)
    return WANTING if waiting else GOOD


def _print(arguments: Arguments, facts: Any, lines: Sequence[str]) -> int:
    if arguments.json:
        print(json.dumps(facts, indent=2))
    elif lines:
        print("\n".join(lines))
    return GOOD


def _waits(key: Key) -> bool:
    return key.state == "next" or rotation.lacks_record(key, int(time.time()))


def _present(arguments: Arguments, settings: Settings) -> str:
    try:
        name = names.domain(arguments.domain)
    except ValueError as error:
        raise DirectoryError(f'"{arguments.domain}" is not accepted; allowed: {error}') from None
    if name not in domains.present(settings, arguments.place):
        raise DirectoryError(f"there is no domain {name} here; mailstead domain list shows those there are")
    return name


def _notes(arguments: Arguments, settings: Settings) -> Mapping[str, Note]:
    wanted = [_present(arguments, settings)] if arguments.domain else domains.present(settings, arguments.place)
    store = domains.at(arguments.place)
    return {domain: store.note(domain) for domain in wanted}


def _facts(domain: str, note: Note) -> Iterator[Mapping[str, Any]]:
    yield from map(_fact, note.keys)
    for name in note.gone:
        nothing = dict.fromkeys(("algorithm", "record", "since", "seen"))
        yield {"domain": domain, "selector": name.partition(".")[0], "state": "gone", "name": name, **nothing}


def _fact(key: Key) -> Mapping[str, Any]:
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "state": key.state,
        "name": key.name,
        "record": key.record(),
        "since": _moment(key.since),
        "seen": _moment(key.seen),
    }


def _moment(seconds: int) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat() if seconds else None


def _lines(domain: str, note: Note) -> Iterator[str]:
    yield domain
    if not note.keys:
        yield "  no key yet: mailstead dkim check makes the first ones"
    for key in note.keys:
        yield f"  {key.selector:8} {key.algorithm:8} {key.state:8} {_words(key)}"
    for key in note.keys:
        yield _record(key)
    for name in note.gone:
        yield f"  {name} may be taken out of the DNS"


def _words(key: Key) -> str:
    if key.state == "retired":
        return f"since {_day(key.since)}; its record stays in the DNS until {_day(key.since + rotation.RETIRED)}"
    seen = f"seen in the DNS on {_day(key.seen)}" if key.seen else "not seen in the DNS yet"
    return f"since {_day(key.since)}; {seen}"


def _day(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d}"


def _record(key: Key) -> str:
    return f"  {key.name}. IN TXT {quoted(key.record())}"


def register(subparsers: Any, place: Place = HERE) -> None:
    """Add the verbs of keys to a parser's `add_subparsers()`."""
    group, make = noun(subparsers, "dkim", "keys that sign outgoing mail"), maker(place)
    make(group, "show", show).add_argument("domain", metavar="DOMAIN", nargs="?", help="one of them; all without it")
    make(group, "rotate", rotate, "domain")
    checking = make(group, "check", check)
    checking.add_argument("domain", metavar="DOMAIN", nargs="?", help="one of them; all without it")
    checking.add_argument("--changes", action="store_true", help="say only what has changed")
