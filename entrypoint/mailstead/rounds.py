"""When the doctor makes his rounds: once a day, by the date of what he noted last. Standard library; the keeper's."""

from pathlib import Path

_DAY = 86400  # seconds


class Rounds:
    """Knows when the next round is due; `note` is what a round leaves behind, `now` the start of this container (seconds)."""

    def __init__(self, note: Path, now: float) -> None:
        self.note = note
        self._last = now
        self._called = False

    def are_due(self, now: float) -> bool:
        """Whether a round is due; a yes is taken to be followed by it, whether or not it can leave its note."""
        due = now - self._before() >= _DAY
        if due:
            self._last, self._called = now, True
        return due

    def _before(self) -> float:
        # A new server has its first day in peace; one that is started each night is not forgotten.
        try:
            noted = self.note.stat().st_mtime
        except OSError:
            return self._last
        return max(noted, self._last) if self._called else noted
