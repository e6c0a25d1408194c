"""What the directory has no place for and must not be lost: DKIM keys, logins at relays, the secret of SRS."""

from ..found import Found
from ..report import Line, Report

RELAYS = "logins and ways to relays, of which some are not taken"
_SRS = "the secret of rewritten senders (SRS)"


def dkim(file: str, content: bytes, found: Found, report: Report) -> None:
    """Keep a file of the DKIM keys."""
    _keep(file, content, "for DKIM signatures: a domain's keys go on here, see mailstead dkim show", found, report)


def relays(file: str, content: bytes, found: Found, report: Report) -> None:
    """Keep what says which sender's mail goes out by which relay, and with which password."""
    _keep(file, content, RELAYS, found, report)


def srs(file: str, content: bytes, found: Found, report: Report) -> None:
    """Keep the secret by which replies to rewritten senders are known."""
    _keep(file, content, _SRS, found, report)


def _keep(file: str, content: bytes, words: str, found: Found, report: Report) -> None:
    found.kept[file] = content
    report.kept(Line(file), "the file", words)
