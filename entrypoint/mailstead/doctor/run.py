"""The running of checks: all at once, each in a thread, none for longer than LONGEST."""

import imaplib
import threading
import time
from collections.abc import Iterable, Sequence

from .checks import Check, Finding, Untestable, Verdict, fail, skipped
from .context import Context

LONGEST = 20  # seconds for all of them together
_SILENCE = (OSError, EOFError, imaplib.IMAP4.error)  # smtplib's are OSErrors
_AWAY = "docker compose restart mail; what the daemons say is in: docker compose logs mail"
_REPORT = "this is a fault of the check: please report it with these words"


def run(checks: Sequence[Check], context: Context, within: float = LONGEST) -> Sequence[Finding]:
    """Return what the checks find, in their order, after `within` seconds at the latest."""
    end = time.monotonic() + within
    looks = [_Look(one, context) for one in checks]
    for look in looks:
        look.start()
    return [finding for look in looks for finding in look.findings(end, within)]


class _Look(threading.Thread):
    """One check at work. What hangs is left behind: a daemon thread keeps no process alive."""

    def __init__(self, check: Check, context: Context) -> None:
        super().__init__(name=check.id, daemon=True)
        self.check = check
        self.context = context
        self.found: list[Verdict] = []

    def run(self) -> None:
        """Gather the verdicts; whatever it raises is one, too."""
        try:
            for verdict in self._verdicts():
                self.found.append(verdict)
        except Untestable as reason:
            self.found.append(skipped(str(reason)))
        except _SILENCE as error:
            self.found.append(fail(f"no answer as it should be: {error}", _AWAY))
        except Exception as error:
            self.found.append(fail(f"{type(error).__name__}: {error}", _REPORT))
        if not self.found:
            self.found.append(skipped("there is nothing to look at"))

    def _verdicts(self) -> Iterable[Verdict]:
        if self.check.outside and self.context.offline:
            return [skipped("it asks beyond this container, and --offline was given")]
        return self.check.run(self.context)

    def findings(self, end: float, within: float) -> Sequence[Finding]:
        """Return what was found until `end` (of time.monotonic); a check that is still at it has failed."""
        self.join(max(0, end - time.monotonic()))
        late = [fail(f"no answer within {within:g} s", "try it alone: scripts/mailstead doctor --only " + self.check.id)]
        return [self.check.finding(one) for one in [*self.found, *(late if self.is_alive() else [])]]
