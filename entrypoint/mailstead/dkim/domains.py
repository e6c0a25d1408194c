"""The domains that are signed for: those of the directory, as its projection has them. Standard library alone."""

import time
from collections.abc import Iterable, Sequence

from ..directory import HERE, Place
from ..importing import keeping
from ..settings import Settings
from . import imported, signing
from .store import NOTE, Key, Store


def at(place: Place = HERE) -> Store:
    """Return the store beside a directory."""
    return Store(place.dkim)


def present(settings: Settings, place: Place = HERE) -> Sequence[str]:
    """Return the domains people have addresses in, in alphabetical order; the server's own name is none of them."""
    try:
        lines = (place.projection / "domains").read_text(encoding="ascii").splitlines()
    except OSError:
        return []
    names = (line.partition(" ")[0] for line in lines)
    return [name for name in names if name != settings.hostname or name in settings.domains]


def signed(settings: Settings, place: Place = HERE) -> Sequence[tuple[str, Sequence[Key]]]:
    """Return the present domains, each with its keys."""
    store = at(place)
    return [(domain, store.keys(domain)) for domain in present(settings, place)]


def lacking(names: Iterable[str], place: Place = HERE) -> Sequence[str]:
    """Return those domains that have never had a key; none where nobody signs."""
    store = at(place)
    return [name for name in names if not (store.place / name / NOTE).exists()] if place.owned else []


def provide(names: Iterable[str], settings: Settings, place: Place = HERE) -> Sequence[str]:
    """Give domains that have no keys their first ones, take over those of another server, let the signer know.

    Return which domains have others than before.
    """
    store, old = at(place), keeping.folder(place)
    without = lacking(names, place)
    untaken = place.owned and any(taken.keys() - _known(store, domain) for domain, taken in imported.found(old).items())
    if not without and not untaken:
        return []
    from . import make  # and with it cryptography

    now = int(time.time())
    changed = [*make.missing(store, without, now, old), *make.take_over(store, now, old)]
    if changed:
        signing.write_for(settings, store)
    return changed


def _known(store: Store, domain: str) -> set[str]:
    return {key.selector for key in store.keys(domain)}
