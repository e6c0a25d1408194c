"""What goes on beside a test: threads that work as long as a `with` lasts."""

import threading
from collections.abc import Callable, Iterable
from typing import Self


class Meanwhile:
    """Each of `works` runs in a thread of its own, and ends soon after `over` is set, which the end of the `with` does."""

    def __init__(self, works: Iterable[Callable[[], object]]) -> None:
        self.over = threading.Event()
        self.threads = [threading.Thread(target=work) for work in works]

    def __enter__(self) -> Self:
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.over.set()
        for thread in self.threads:
            thread.join()
