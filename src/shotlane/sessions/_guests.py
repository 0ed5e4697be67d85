"""Who uses which instrument of a server, and what happens when the last of them has gone.

Nobody comes in while that goes on, so nothing that a client sets is undone after it came.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

Left = Callable[[str], None]


class Guests:
    """Counts the clients of each role; `left` is called with a role that has none any more."""

    def __init__(self, left: Left) -> None:
        self._left = left
        self._count: Counter[str] = Counter()
        self._turns: defaultdict[str, Lock] = defaultdict(Lock)

    @contextmanager
    def at(self, role: str) -> Iterator[None]:
        """Be a client of a role, however that ends."""
        with self._turns[role]:
            self._count[role] += 1
        try:
            yield
        finally:
            with self._turns[role]:
                self._count[role] -= 1
                if not self._count[role]:
                    self._left(role)
