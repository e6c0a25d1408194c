"""Certificates: two questions, answered by siblings (self_signed, acme, files) as MAIL_TLS says, kept by one store.

`ensure(settings, store, now)` is a start's: something to serve, at once and without a network. `renew(settings, store, now,
force=)` is the keeper's: what is due, as long as it may take. Each sibling has both.
"""

import importlib
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from types import ModuleType

from ..settings import Settings
from .store import SERVED, Certificate, Store, digest

__all__ = ["SERVED", "Certificate", "Store", "asked", "ensure", "names", "renew"]

_CONCERNED = ("hostname", "domains", "tls", "acme_", "lego")


def names(settings: Settings) -> Sequence[str]:
    """Return the names the certificate must carry: the server's own, then those mail programs guess for each domain."""
    guessed = (f"{label}.{domain}" for domain in settings.domains for label in ("mail", "imap", "smtp", "autoconfig"))
    return tuple(dict.fromkeys((settings.hostname, *guessed)))


def asked(settings: Settings) -> str:
    """Return a digest of what the settings ask for: where it has changed, somebody must look at once."""
    concerned = {name: value for name, value in vars(settings).items() if name.startswith(_CONCERNED)}
    return digest(json.dumps(concerned, default=dict, sort_keys=True))


def ensure(settings: Settings, store: Store, now: datetime) -> Certificate:
    """Return the certificate to start with, made where none is good; OSError where the store cannot be written.

    Never waits: what needs the network comes later, by `renew`.
    """
    current = store.current()
    good = current is not None and current.is_good(settings.hostname, now)
    try:
        if not good or _is_due(settings, current, now):
            current = _sibling(settings).ensure(settings, store, now)
        # Nothing runs yet: whatever starts reads it.
        return store.annotate(replace(current, swapped=True))
    except OSError:
        if not good:
            raise
        return current


def _is_due(settings: Settings, current: Certificate, now: datetime) -> bool:
    return current.asked != asked(settings) or now.timestamp() >= current.next_look


def renew(settings: Settings, store: Store, now: datetime, *, force: bool = False) -> Certificate:
    """Do what is due, or with `force` what could be, and return the certificate at hand then.

    Where it is not `swapped` the daemons do not serve it yet. The note on the disk says so too, until it is annotated.
    """
    with store.alone():
        return _sibling(settings).renew(settings, store, now, force=force)


def _sibling(settings: Settings) -> ModuleType:
    # Imported only when there is something to sign: its import is the dearest of a start.
    return importlib.import_module(f".{settings.tls.replace('-', '_')}", __name__)
