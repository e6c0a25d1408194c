"""supervisor: starts the daemons, starts them again, and hands their words to the container's log (see keeper/)."""

from typing import Any

from ...settings import Settings
from .. import Finding

NAME = "supervisor"


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {}


def probe() -> Finding:
    """See that the keeper is this container's first process."""
    with open("/proc/1/cmdline", "rb") as file:
        ok = b"mailstead.keeper" in file.read()
    return Finding(NAME, ok, "keeps the daemons" if ok else "is not this container's first process")
