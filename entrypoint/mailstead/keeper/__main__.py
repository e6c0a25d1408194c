"""`python3 -m mailstead.keeper ROLE` keeps the daemons of a container until a signal or a hopeless one ends it."""

import contextlib
import importlib
import os
import signal
import sys
import time
from collections.abc import Mapping

from supervisor.medusa.asyncore_25 import ExitNow

from .. import running
from . import Keeper, Options

CONFIG = "/etc/supervisor/supervisord.conf"
_ROLES = {"mail": ("mail", "MailKeeper"), "filter": ("filter", "FilterKeeper")}
_SECRETS = ("_PASSWORD", "_URL", "_HMAC", "_SECRET")
_LEGO = "LEGO_"
_PATIENCE = 5  # seconds; supervisor has waited for 8 before, and Docker waits for 25 in all


def main(role: str) -> int:
    """Keep the daemons; return the container's exit status."""
    keeper = _keeper(role, _without_secrets())
    with contextlib.suppress(ExitNow):
        keeper.main()
    keeper.options.close_logger()
    all_have_ended = _let_all_end()
    if keeper.gave_up:
        print(f"mailstead: {keeper.gave_up} does not stay up, so this container ends; its last words are above.", flush=True)
        return 1
    if all_have_ended:
        running.end()
    return 0


def _let_all_end() -> bool:
    """Have everybody else finish what he is at and end; whether all did in time. Who is left is killed with this process.

    Dovecot's first process ends at once and leaves those that serve clients, in the middle of a letter and with their locks.
    """
    end = time.monotonic() + _PATIENCE
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(-1, signal.SIGTERM)
    while (left := end - time.monotonic()) > 0:
        try:
            # All are children of this process, the first one, once their parents have ended.
            if not os.waitpid(-1, os.WNOHANG)[0]:
                signal.sigtimedwait({signal.SIGCHLD}, left)
        except ChildProcessError:
            return True
    return False


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
