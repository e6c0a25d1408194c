"""The keys as those read them who sign: OpenDKIM in this container, or Rspamd in the filter's. Standard library alone.

    Store -> files -> write

Written whole, each file swapped by rename, at a start and whenever a key changes; lost, it is written again. For Rspamd, in the
volume `signing`:

    keys/<domain>.<selector>.key   the secret (PEM, PKCS 8), for its user alone
    selectors.map                  domain to the selectors that sign, RSA first: "example.org m1r,m1e"

For OpenDKIM, which signs with one kind of key alone, the keys and a KeyTable (opendkim.conf(5): domain, selector, path).
"""

from collections.abc import Iterable, Iterator, Sequence
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
    """Who signs: `user` alone may read the keys, which lie below `place`; one of each kind in `algorithms`, in their order."""

    user: str
    place: Path
    algorithms: tuple[Algorithm, ...]

    def takes(self, keys: Sequence[Key]) -> Iterator[Key]:
        """Yield the keys it signs with: another server's may be several of a kind."""
        for algorithm in self.algorithms:
            yield from [key for key in keys if key.algorithm == algorithm][:1]


RSPAMD = Signer(user="filter", place=SIGNING, algorithms=("rsa", "ed25519"))
LIGHT = Signer(user="opendkim", place=OPENDKIM, algorithms=("rsa",))


def signer(settings: Settings) -> Signer:
    """Return who signs: the filter where it runs, or the light signer of this container."""
    return RSPAMD if settings.filtered else LIGHT


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
    keys = [key for note in store.readable() for key in who.takes(note.in_state("signing"))]
    tree: dict[str, File | Directory] = {
        str(who.place): Directory(mode=0o755),
        str(who.place / "keys"): Directory(mode=0o750, group=who.user),
    }
    for key in keys:
        tree[_path(who, key)] = File(text=store.secret(key), mode=0o400, owner=who.user, group=who.user, secret=True)
    return tree | {str(who.place / name): File(text=text) for name, text in _tables(keys, who)}


def _tables(keys: Iterable[Key], who: Signer) -> Iterator[tuple[str, str]]:
    if who is LIGHT:
        yield KEY_TABLE.name, _lines((key.domain, f"{key.domain}:{key.selector}:{_path(who, key)}") for key in keys)
    else:
        by_domain: dict[str, list[str]] = {}
        for key in keys:
            by_domain.setdefault(key.domain, []).append(key.selector)
        yield "selectors.map", _lines((domain, ",".join(selectors)) for domain, selectors in by_domain.items())


def _path(who: Signer, key: Key) -> str:
    return str(who.place / "keys" / f"{key.domain}.{key.selector}.key")


def _lines(pairs: Iterable[tuple[str, str]]) -> str:
    return "".join(f"{name} {value}\n" for name, value in pairs)
