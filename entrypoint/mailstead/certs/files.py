"""Certificates that other tools get and leave in files (MAIL_TLS_FILES): found, judged, and the best of them served."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from cryptography import x509

from ..settings import Settings
from . import asked, names, pem, self_signed
from .found import Found, find
from .store import Certificate, Store, covers, digest

SOURCE = "files"
_HOUR = 3600
_TENTH = 10
_MOST_REASONS = 3


def renew(settings: Settings, store: Store, now: datetime, *, force: bool = False) -> Certificate:
    """Return the certificate at hand: the best of the files, or what was in service, or a self-signed one, with what is wrong."""
    found = find(settings.tls_files)
    fit, reasons = _judged(found, settings, now)
    facts = {"asked": asked(settings), "watched": found.watched}
    if not fit:
        return _meanwhile(settings, store, now, trouble=_sentence(settings, found, reasons), **facts)
    text, note = max(fit, key=lambda one: _worth(*one, settings))
    return _serve(text, replace(note, **facts), store, now)


ensure = renew


def _judged(found: Found, settings: Settings, now: datetime) -> tuple[list[tuple[str, Certificate]], list[str]]:
    """Return the PEMs that could be served, each with its note, and why the others cannot."""
    fit, reasons = [], []
    for place, key, certificate in _pairs(found, reasons):
        try:
            text = pem.bundle(key, [certificate, *(one for _, one in found.certificates)])
            pem.check(text, settings.hostname, now)
            fit.append((text, pem.note(text, SOURCE)))
        except pem.BAD as error:
            reasons.append(f"{place} {error}")
    return fit, reasons


def _pairs(found: Found, reasons: list[str]) -> Iterator[tuple[str, Any, x509.Certificate]]:
    """Yield each certificate once, with its key; one without a key that has names is a server's, and so a reason."""
    seen: set[x509.Certificate] = set()
    for place, certificate in found.certificates:
        if certificate in seen:
            continue
        seen.add(certificate)
        key = found.keys.get(_digest(certificate))
        if key is not None:
            yield place, key, certificate
        elif subjects := pem.names(certificate):
            reasons.append(f"{place} (for {subjects[0]}) does not belong to any private key found")


def _digest(certificate: x509.Certificate) -> str | None:
    try:
        return pem.spki_sha256(certificate.public_key())
    except pem.BAD:
        return None  # a kind of key nobody knows


def _worth(text: str, note: Certificate, settings: Settings) -> tuple[int, int, int]:
    """Return what makes one better than another: more of the names it should have, a later end, a longer chain."""
    covered = sum(any(covers(name, wanted) for name in note.names) for wanted in names(settings))
    return covered, note.not_after, text.count("BEGIN CERTIFICATE")


def _serve(text: str, note: Certificate, store: Store, now: datetime) -> Certificate:
    late = note.share(_TENTH)
    note = replace(note, next_look=late if now.timestamp() < late else min(_in_an_hour(now), note.not_after))
    if now.timestamp() >= late:
        # No reason to fall back, and one to be loud.
        note = replace(note, trouble=f"it ends on {note.expires:%Y-%m-%d %H:%M} UTC, and its files have no newer one")
    current = store.current()
    if current is None or current.digest != digest(text):
        return store.keep(text, note)
    return store.annotate(replace(note, swapped=current.swapped))


def _meanwhile(settings: Settings, store: Store, now: datetime, **facts: Any) -> Certificate:
    """Go on with what is in service while it is good; a self-signed one after it. Dates come true by themselves: look hourly."""
    current, facts = store.current(), facts | {"next_look": _in_an_hour(now)}
    stays = current is not None and current.is_good(settings.hostname, now)
    if stays and (current.source != self_signed.SOURCE or not self_signed.is_due(settings, store, current, now)):
        return store.annotate(replace(current, **facts))
    return self_signed.make(names(settings), store, now, **facts)


def _in_an_hour(now: datetime) -> int:
    return int(now.timestamp()) + _HOUR


def _sentence(settings: Settings, found: Found, reasons: list[str]) -> str:
    said = [*found.complaints, *reasons] or [f"there is no certificate in {' '.join(settings.tls_files)}"]
    more = f"; and {len(said) - _MOST_REASONS} more" if len(said) > _MOST_REASONS else ""
    return f"MAIL_TLS_FILES has no certificate for {settings.hostname}: {'; '.join(said[:_MOST_REASONS])}{more}"
