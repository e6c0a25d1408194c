"""How it is said that no certificate came."""

from collections.abc import Sequence


class Failed(Exception):
    """No certificate: `str` is a sentence for the owner, without a full stop.

    `names` are those the CA found fault with, `retry_after` (seconds) is how long it wants to be left alone.
    """

    def __init__(self, said: str, names: Sequence[str] = (), retry_after: int | None = None) -> None:
        super().__init__(said.rstrip(". "))
        self.names = tuple(names)
        self.retry_after = retry_after
