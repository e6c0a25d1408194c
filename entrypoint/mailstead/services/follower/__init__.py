"""The follower: `mailstead follow`, which keeps the daemons' files as a directory in a server is (directory/follower.py)."""

from pathlib import Path
from typing import Any

from ...directory import ldap
from ...settings import Settings
from .. import Finding

NAME = "follower"
_COMMAND = b"/usr/bin/mailstead\0follow"


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {"ldap": ldap.server(settings)}


def probe() -> Finding:
    """See that it runs; whether its server answers is the directory's own line."""
    ok = any(_COMMAND in _command(process) for process in Path("/proc").glob("[0-9]*"))
    return Finding(NAME, ok, "follows the directory" if ok else "does not run")


def _command(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""
