"""The mark of a running server, in the state volume: where a start finds it, the last run was not stopped in order."""

from .places import STATE

MARK = STATE / "running"


def begin() -> bool:
    """Set the mark; return whether the last run left it behind."""
    left = MARK.exists()
    MARK.touch()
    return left


def end() -> None:
    """Take the mark away: every daemon was stopped in order."""
    MARK.unlink(missing_ok=True)
