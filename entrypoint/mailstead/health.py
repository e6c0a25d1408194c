"""Asks every part how it is: the probes of the rooms, and whether the daemons' tables say what the directory says."""

import time
from collections.abc import Callable, Sequence

from .directory import declared, is_current
from .services import Finding, rooms
from .settings import Settings


def examine(settings: Settings) -> Sequence[Finding]:
    """Return one finding per part, in the order in which they start; a probe that raises is a red line."""
    return [*(_find(room.NAME, room.probe) for room in rooms(settings)), _directory(settings)]


def _find(name: str, probe: Callable[[], Finding]) -> Finding:
    try:
        return probe()
    except Exception as error:  # whatever a half-dead daemon answers: the others must still be asked
        return Finding(name, False, f"does not answer: {error}")


def _directory(settings: Settings) -> Finding:
    ok = is_current(settings)
    said = "the daemons' tables are current" if ok else "the daemons' tables are not current yet"
    # Not ill: the mail goes on as before. The log says what is wrong with the file.
    return Finding("directory", ok, said + ("; accounts.yaml is not applied" if declared.is_due() else ""))


def wait(settings: Settings, seconds: float) -> Sequence[Finding]:
    """Examine until all is well or `seconds` have passed; return the last findings."""
    end = time.monotonic() + seconds
    while True:
        findings = examine(settings)
        if all(finding.ok for finding in findings) or time.monotonic() > end:
            return findings
        time.sleep(0.05)
