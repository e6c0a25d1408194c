"""Certificates: one question, `ensure`, answered by siblings (self_signed) as MAIL_TLS says, kept by one store."""

import importlib
from collections.abc import Sequence
from datetime import datetime

from ..settings import Settings
from .store import SERVED, Certificate, Store

__all__ = ["SERVED", "Certificate", "Store", "ensure", "names"]


def names(settings: Settings) -> Sequence[str]:
    """Return the names the certificate must carry: the server's own, then those mail programs guess for each domain."""
    guessed = (f"{label}.{domain}" for domain in settings.domains for label in ("mail", "imap", "smtp", "autoconfig"))
    return tuple(dict.fromkeys((settings.hostname, *guessed)))


def ensure(settings: Settings, store: Store, now: datetime) -> Certificate:
    """Return the certificate in service, made or renewed where that is due; OSError where the store cannot be written."""
    wanted = names(settings)
    current = store.current()
    if current is not None and not current.due(wanted, now):
        return current
    # Imported only when there is something to sign: its import is the dearest of a start.
    sibling = importlib.import_module(f".{settings.tls.replace('-', '_')}", __name__)
    return sibling.make(wanted, store, now)
