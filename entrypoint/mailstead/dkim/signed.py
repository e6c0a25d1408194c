"""What the health check says of the signatures: whose mail has one, and whose record the DNS does not show."""

import time
from collections.abc import Sequence

from ..directory import HERE, Place
from ..services import Finding
from ..settings import Settings
from . import domains, rotation, signing
from .store import Key

_MOST = 3


def finding(settings: Settings, place: Place = HERE, now: float | None = None) -> Finding:
    """Say whose mail is signed, and which records are missing; ill where a domain has no key. `now`: seconds of the epoch."""
    try:
        found = domains.signed(settings, place)
    except (OSError, ValueError) as error:
        return Finding("dkim", False, str(error))
    without = [domain for domain, keys in found if not any(key.state == "signing" for key in keys)]
    if without:
        return Finding("dkim", False, f"mail of {_some(without)} cannot be signed: mailstead dkim check")
    keys = [key for _, every in found for key in every]
    return Finding("dkim", True, f"{_signs(settings, [domain for domain, _ in found])}{_missing(keys, now or time.time())}")


def _signs(settings: Settings, signed: Sequence[str]) -> str:
    how = "OpenDKIM signs with RSA alone" if signing.signer(settings) is signing.LIGHT else "the filter signs"
    return f"{how}, for {_some(signed)}" if signed else "no domain to sign for yet"


def _missing(keys: Sequence[Key], now: float) -> str:
    missing = [key.name for key in keys if rotation.lacks_record(key, int(now))]
    waiting = [key.name for key in keys if key.state == "next"]
    return (f"; the DNS does not show {_some(missing)}: mailstead dkim show" if missing else "") + (
        f"; waiting for the DNS to show {_some(waiting)}" if waiting else ""
    )


def _some(listed: Sequence[str]) -> str:
    rest = len(listed) - _MOST
    return ", ".join(listed[:_MOST]) + (f" and {rest} more" if rest > 0 else "")
