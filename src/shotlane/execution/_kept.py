"""What is kept of something that may happen without end: the first of it, the newest, and a count.

All of it is in the records; this is what is told when the run ends, and a run may last for weeks.
"""

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")
MOST = 500


class Kept(Generic[T]):
    """Takes things as they come. `last` is the newest."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._first: list[T] = []
        self.last: T | None = None
        self.count = 0

    def add(self, item: T) -> None:
        """Take one."""
        self.count += 1
        self.last = item
        if len(self._first) < self._most:
            self._first.append(item)

    def extend(self, items: Iterable[T]) -> None:
        """Take several."""
        for item in items:
            self.add(item)

    @property
    def items(self) -> tuple[T, ...]:
        """The first, in their order, and the newest where that is not among them."""
        newest = () if self.last is None or self.count <= self._most else (self.last,)
        return (*self._first, *newest)

    @property
    def left_out(self) -> int:
        """How many there were besides."""
        return self.count - len(self.items)
