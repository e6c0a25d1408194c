"""Findings in words: for a terminal, and as a letter to the postmaster."""

from collections import Counter
from collections.abc import Sequence
from email.message import EmailMessage

from .. import notices
from ..settings import Settings
from .checks import Finding, Status


def lines(found: Sequence[Finding]) -> list[str]:
    """Return a line for each finding, and one below it with what to type."""
    width = max((len(one.id) for one in found), default=0)
    return [line for one in found for line in _lines(one, width)]


def _lines(one: Finding, width: int) -> list[str]:
    mend = [f"     {' ' * width}  mend: {one.mend}"] if one.mend else []
    return [f"{one.status.upper()} {one.id.ljust(width)}  {one.said}", *mend]


def summary(found: Sequence[Finding], seconds: float) -> str:
    """Return how many there are of each kind, and how long it took."""
    counts = Counter(one.status for one in found)
    return f"{', '.join(f'{counts[status]} {status.upper()}' for status in Status)} in {seconds:.1f} s"


def letter(changed: Sequence[Finding], settings: Settings) -> EmailMessage:
    """Return what has changed as a letter to the postmaster."""
    bad = [one for one in changed if one.status is not Status.PASS]
    better = [one for one in changed if one.status is Status.PASS]
    parts = [("Not in order:", bad), ("In order again:", better)]
    text = "\n\n".join("\n".join([head, "", *_paragraphs(several)]) for head, several in parts if several)
    end = "All of it: scripts/mailstead doctor. To stop these letters: MAIL_DOCTOR_MAIL=no in .env."
    subject = f"{settings.hostname}: {_subject(len(bad), len(better))}"
    return notices.letter(settings, subject, f"{text}\n\n{end}\n", by="Mailstead doctor")


def _subject(bad: int, better: int) -> str:
    if not bad:
        return f"{better} thing{'s are' if better > 1 else ' is'} in order again"
    return f"{bad} thing{'s need' if bad > 1 else ' needs'} you"


def _paragraphs(found: Sequence[Finding]) -> list[str]:
    return [f"{one.status.upper()} {one.id}: {one.said}" + (f"\n     mend: {one.mend}" if one.mend else "") for one in found]
