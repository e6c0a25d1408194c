"""rspamd: reads each message on its way in or out, says what is to become of it, and signs what our people send."""

from pathlib import Path
from typing import Any

from ...kinds import Rate
from ...places import FILTER, SIGNING
from ...settings import Settings
from ...tree import Directory, Tree
from .. import Finding, valkey
from ..filter import CONTROLLER, HOST, MILTER, negotiates

NAME = "rspamd"
DATA = FILTER / "rspamd"
OWNERS = Path("/config/rspamd/local.d")
"""The owner's own files: each is read after ours of the same name, and so has the last word."""
_LOCAL = Path("/etc/rspamd/local.d")
# What Windows starts when somebody clicks on it.
_PROGRAMS = (
    "bat", "chm", "cmd", "com", "cpl", "exe", "hta", "jar", "js", "jse", "lnk", "msi", "msp", "pif", "ps1", "reg", "scr", "sct",
    "vbe", "vbs", "ws", "wsf", "wsh",
)  # fmt: skip


def values(settings: Settings) -> dict[str, Any]:
    """Return what the templates need beside the settings."""
    return {
        "data": DATA,
        "signing": SIGNING,
        "owners": OWNERS,
        "valkey": valkey.SOCKET,
        "host": HOST,
        "milter": MILTER,
        "controller": CONTROLLER,
        "learns": settings.spam_bayes != "no" and not settings.filter_light,
        "programs": _PROGRAMS,
        "trusted": [str(network) for network in settings.trusted_networks],
        "bucket": bucket(settings.rate_limit) if settings.rate_limit else None,
    }


def bucket(rate: Rate) -> tuple[int, float]:
    """Return the leaky bucket (size, leak in recipients a second) that lets no more than `rate` through in any such time.

    Half of them fill it at once, the other half leak out of it.
    """
    size = (rate.recipients + 1) // 2
    return size, (rate.recipients - size) / rate.seconds


def files(settings: Settings) -> Tree:
    """Return the directories of its own notes."""
    return {str(DATA): Directory(mode=0o700), "/run/rspamd": Directory(mode=0o700)}


def before_start(settings: Settings, after_crash: bool) -> None:
    """Put the owner's files beside ours where we have none of the name."""
    for own in OWNERS.glob("*"):
        beside = _LOCAL / own.name
        if not beside.exists():
            beside.symlink_to(own)


def overrides(settings: Settings) -> list[str]:
    """Say which files of the owner rspamd reads."""
    return [f"{path} is read by rspamd" for path in sorted(OWNERS.glob("*"))]


def probe() -> Finding:
    """Greet it as Postfix does."""
    ok = negotiates("127.0.0.1")
    return Finding(NAME, ok, "answers as a milter" if ok else "answers, but not as a milter")
