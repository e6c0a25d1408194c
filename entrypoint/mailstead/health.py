"""Asks every part how it is: the daemons, whether their tables say what the directory says, the signatures, the certificate, and
whether there is room on the disks."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from . import directory, room
from .certs import Certificate, Store
from .directory import declared, follower
from .dkim import signed
from .services import Finding, rooms
from .settings import Settings
from .upgrade import under_way


def examine(settings: Settings) -> Sequence[Finding]:
    """Return one finding per part, in the order in which they start; a probe that raises is a red line."""
    if settings.role == "mail" and under_way():
        return [Finding("data", False, "is being brought to the version of this image; the log says how far it is")]
    parts = [_find(one.NAME, one.probe) for one in rooms(settings)]
    if settings.role == "filter":
        return [*parts, _disks(settings)]
    return [*parts, _directory(settings), signed.finding(settings), _certificate(settings), _disks(settings)]


def _find(name: str, probe: Callable[[], Finding]) -> Finding:
    try:
        return probe()
    except Exception as error:  # whatever a half-dead daemon answers: the others must still be asked
        return Finding(name, False, f"does not answer: {error}")


def _directory(settings: Settings) -> Finding:
    place = directory.at(settings)
    try:
        ok = directory.matches(settings, place)
    except directory.DirectoryError as error:
        # Not ill while mail goes on: whoever restarts ill containers would stop it, and mend nothing.
        return Finding("directory", follower.serves(place), f"{error}; {follower.consequence(settings, place)}")
    said = "the daemons' tables are current" if ok else "the daemons' tables are not current yet"
    # Not ill: the mail goes on as before. The log says what is wrong with the file.
    return Finding("directory", ok, said + ("; accounts.yaml is not applied" if declared.is_due() else ""))


def _disks(settings: Settings) -> Finding:
    full = list(room.full(settings))
    return Finding("disks", not full, "; ".join(full) or "there is room on all of them")


def _certificate(settings: Settings) -> Finding:
    current = Store().current()
    trouble = "there is none" if current is None else certificate_trouble(settings, current, datetime.now(UTC))
    return Finding("certificate", trouble is None, trouble or f"from {current.source}, good until {current.expires:%Y-%m-%d}")


def certificate_trouble(settings: Settings, current: Certificate, now: datetime) -> str | None:
    """Return what is wrong with the certificate in service, the worst first; None if nothing is.

    Less than a tenth of its life left is wrong, for a certificate of hours as for one of years: all are renewed long before.
    """
    if not current.is_good(settings.hostname, now):
        begin, end = (datetime.fromtimestamp(one, UTC) for one in (current.not_before, current.not_after))
        return f"not valid for {settings.hostname} now: it is for {' '.join(current.names)}, {begin:%Y-%m-%d} to {end:%Y-%m-%d}"
    if current.trouble:
        return current.trouble
    if current.source != settings.tls:
        return f"{current.source} until the one that MAIL_TLS={settings.tls} asks for is there"
    return f"it ends on {current.expires:%Y-%m-%d %H:%M} UTC" if now.timestamp() >= current.share(10) else None


def wait(settings: Settings, seconds: float) -> Sequence[Finding]:
    """Examine until all is well or `seconds` have passed; return the last findings."""
    end = time.monotonic() + seconds
    while True:
        findings = examine(settings)
        if all(finding.ok for finding in findings) or time.monotonic() > end:
            return findings
        time.sleep(0.05)
