"""The keys as those read them who sign: OpenDKIM in this container, or Rspamd in the filter's. Standard library alone.

    Store -> files -> write

Written whole, each file swapped by rename, at a start and whenever a key changes; lost, it is written again. For Rspamd, in the
volume `signing`:

    keys/<domain>.<selector>.key   the secret (PEM, PKCS 8), for its user alone
    selectors.map                  domain to the selectors that sign, RSA first: "example.org m1r,m1e"

For OpenDKIM, which signs with one kind of key alone, the keys and a KeyTable (opendkim.conf(5): domain, selector, path).
"""

from collections.abc import Iterable, Iterator, Mapping
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
    by_domain = _by_domain(keys)
    if who is LIGHT:
        found = [key for domain in by_domain.values() for key in domain.values() if key.algorithm == "rsa"]
        yield KEY_TABLE.name, _lines((key.domain, f"{key.domain}:{key.selector}:{_path(who, key)}") for key in found)
    else:
        yield "selectors.map", _lines((name, ",".join(key.selector for key in _rsa_first(by_domain[name]))) for name in by_domain)


def _by_domain(keys: Iterable[Key]) -> dict[str, dict[Algorithm, Key]]:
    # One of each kind: another server's keys were taken over with all their selectors.
    found: dict[str, dict[Algorithm, Key]] = {}
    for key in keys:
        found.setdefault(key.domain, {}).setdefault(key.algorithm, key)
    return found


def _rsa_first(keys: Mapping[Algorithm, Key]) -> list[Key]:
    return [keys[algorithm] for algorithm in ("rsa", "ed25519") if algorithm in keys]


def _path(who: Signer, key: Key) -> str:
    return str(who.place / "keys" / f"{key.domain}.{key.selector}.key")


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name} {value}\n" for name, value in pairs)
