"""The keys as those read them who sign: OpenDKIM in this container, or Rspamd in the filter's. Standard library alone.

    Store -> files -> write

Written whole, each file swapped by rename, at a start and whenever a key changes; lost, it is written again. For Rspamd, in the
volume `signing`:

    keys/<domain>.<selector>.key           the secret (PEM, PKCS 8), for its user alone
    selectors.map, selectors.ed25519.map   domain to the selector that signs, with RSA and with Ed25519
    paths.map                              domain to the path of its key, $domain and $selector left for Rspamd to fill in

For OpenDKIM, which knows RSA only, the keys and a KeyTable (opendkim.conf(5)): domain to domain, selector and path.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..places import OPENDKIM, SIGNING
from ..services.opendkim import KEY_TABLE
from ..services.opendkim.reload import reload
from ..settings import Settings
from ..tree import Directory, File, Tree, write
from .store import Algorithm, Key, Store


@dataclass(frozen=True, kw_only=True)
class Signer:
    """Who signs: `user` alone may read the keys, which lie below `place`."""

    user: str
    place: Path


RSPAMD = Signer(user="filter", place=SIGNING)
LIGHT = Signer(user="opendkim", place=OPENDKIM)


def signer(settings: Settings) -> Signer:
    """Return who signs: the filter where it runs, or the light signer of this container."""
    return RSPAMD if "filter" in settings.profiles else LIGHT


def write_for(settings: Settings, store: Store) -> None:
    """Have the signer of these settings know the keys as they are."""
    who = signer(settings)
    tree = files(store, who)
    write(tree, Path("/"))
    for path in (who.place / "keys").iterdir():
        if str(path) not in tree:
            path.unlink()
    if who is LIGHT:
        reload()


def files(store: Store, who: Signer) -> Tree:
    """Return what a signer reads, secrets first."""
    keys = [key for domain in store.domains() for key in store.note(domain).in_state("signing")]
    tree: dict[str, File | Directory] = {
        str(who.place): Directory(mode=0o755),
        str(who.place / "keys"): Directory(mode=0o750, group=who.user),
    }
    for key in keys:
        tree[_path(who, key)] = File(text=store.secret(key), mode=0o400, owner=who.user, group=who.user, secret=True)
    return tree | {str(who.place / name): File(text=text) for name, text in _tables(keys, who)}


def _tables(keys: Iterable[Key], who: Signer) -> Iterator[tuple[str, str]]:
    rsa, ed25519 = _by_domain(keys, "rsa"), _by_domain(keys, "ed25519")
    if who is LIGHT:
        yield KEY_TABLE.name, _lines((domain, f"{domain}:{key.selector}:{_path(who, key)}") for domain, key in rsa.items())
        return
    yield "selectors.map", _lines((domain, key.selector) for domain, key in rsa.items())
    yield "selectors.ed25519.map", _lines((domain, key.selector) for domain, key in ed25519.items())
    path = str(who.place / "keys" / "$domain.$selector.key")
    yield "paths.map", _lines((domain, path) for domain in sorted({*rsa, *ed25519}))


def _by_domain(keys: Iterable[Key], algorithm: Algorithm) -> dict[str, Key]:
    # The first of several: another server's keys were taken over with all their selectors.
    found: dict[str, Key] = {}
    for key in keys:
        if key.algorithm == algorithm:
            found.setdefault(key.domain, key)
    return found


def _path(who: Signer, key: Key) -> str:
    return str(who.place / "keys" / f"{key.domain}.{key.selector}.key")


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name} {value}\n" for name, value in pairs)
