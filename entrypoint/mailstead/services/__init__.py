"""The rooms: one package per daemon. Each has NAME, values(settings) for its templates, probe() for health.

A room may also have files(settings), what templates cannot say (directories, tables); adjust(path, text, settings), a last
hand on a rendered file; before_start(settings, after_crash), what must be done on the disk before its daemon starts;
overrides(settings), sentences about what the owner has put in place of ours.
"""

import importlib
from collections.abc import Sequence
from dataclasses import dataclass
from types import ModuleType

from ..settings import Settings


@dataclass(frozen=True)
class Finding:
    """What a look at one part found: its name, whether it is well, and a few words."""

    name: str
    ok: bool
    said: str


def rooms(settings: Settings) -> Sequence[ModuleType]:
    """Return the rooms this container needs, in the order in which their daemons start."""
    if settings.role == "filter":
        return _rooms("supervisor", "unbound", "valkey", "rspamd")
    follower = ["follower"] if settings.directory_url else []
    checker = ["saslauthd"] if settings.smtp_auth == "saslauthd" else []
    signer, neighbour = ([], ["filter"]) if settings.filtered else (["opendkim"], [])
    return _rooms("supervisor", "unbound", *follower, *checker, "dovecot", *signer, "postsrsd", "postfix", *neighbour)


def _rooms(*names: str) -> Sequence[ModuleType]:
    return [importlib.import_module(f"{__name__}.{name}") for name in names]
