"""A certificate from a CA, by ACME (RFC 8555): ordered, renewed in time, and never asked for more often than a CA can bear.

Read on in renewal.py. A start imports no more than this.
"""

from dataclasses import replace
from datetime import datetime

from ...settings import Settings
from .. import asked, names
from ..store import Certificate, Store


def ensure(settings: Settings, store: Store, now: datetime) -> Certificate:
    """Return what can be served at once: what is in service while it is good, else a self-signed one; and have a look soon."""
    from .. import self_signed

    current, facts = store.current(), {"asked": asked(settings), "watched": {}, "next_look": int(now.timestamp())}
    if current is None or not current.is_good(settings.hostname, now):
        return self_signed.make(names(settings), store, now, **facts)
    return store.annotate(replace(current, **facts))


def renew(settings: Settings, store: Store, now: datetime, *, force: bool = False) -> Certificate:
    """Return the certificate at hand: a new one from the CA where that is due (or forced) and may be ordered now."""
    from .renewal import Renewal

    return Renewal(settings, store, now, force=force).run()
