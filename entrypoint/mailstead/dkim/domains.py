"""The domains that are signed for: those of the directory, as its projection has them. Standard library alone."""

import time
from collections.abc import Iterable, Sequence

from ..directory import HERE, Place
from ..importing import keeping
from ..settings import Settings
from . import signing
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
    """Return those domains that have never had a key; none where no daemon reads the directory, since nobody signs there."""
    store = at(place)
    return [name for name in names if not (store.place / name / NOTE).exists()] if place.read else []


def provide(names: Iterable[str], settings: Settings, place: Place = HERE) -> Sequence[str]:
    """Give domains that have no keys their first ones, and let the signer know; return which got some."""
    without = lacking(names, place)
    if not without:
        return []
    from . import make  # and with it cryptography

    new = make.missing(at(place), without, int(time.time()), keeping.folder(place))
    signing.write_for(settings, at(place))
    return new
