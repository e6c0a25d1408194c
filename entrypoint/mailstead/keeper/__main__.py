"""`python3 -m mailstead.keeper ROLE` keeps the daemons of a container until a signal or a hopeless one ends it."""

import contextlib
import importlib
import os
import sys
from collections.abc import Mapping

from supervisor.medusa.asyncore_25 import ExitNow

from .. import running
from . import Keeper, Options

CONFIG = "/etc/supervisor/supervisord.conf"
_ROLES = {"mail": ("mail", "MailKeeper"), "filter": ("filter", "FilterKeeper")}
_SECRETS = ("_PASSWORD", "_URL", "_HMAC", "_SECRET")
_LEGO = "LEGO_"


def main(role: str) -> int:
    """Keep the daemons; return the container's exit status."""
    keeper = _keeper(role, _without_secrets())
    with contextlib.suppress(ExitNow):
        keeper.main()
    keeper.options.close_logger()
    if keeper.gave_up:
        print(f"mailstead: {keeper.gave_up} does not stay up, so this container ends; its last words are above.", flush=True)
        return 1
    running.end()
    return 0


def _keeper(role: str, environ: Mapping[str, str]) -> Keeper:
    options = Options()
    options.realize(["-n", "-c", CONFIG])
    options.first, options.test = True, False
    module, name = _ROLES[role]
    return getattr(importlib.import_module(f".{module}", __package__), name)(options, environ)


def _without_secrets() -> Mapping[str, str]:
    """Take the passwords out of the environment that the daemons inherit; return it as it was."""
    whole = dict(os.environ)
    for name in whole:
        if (name.startswith("MAIL_") and name.endswith(_SECRETS)) or name.startswith(_LEGO):
            del os.environ[name]
    return whole


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
