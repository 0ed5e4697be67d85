"""Whether an instrument still answers.

After a number of unanswered requests in a row it is declared down: then nobody waits for it any more, and it
is asked again only now and then, each time after a longer pause. One answer, whatever it says, makes it well.
"""

from typing import Final

UNANSWERED: Final = frozenset({"timeout", "disconnected"})
# Two whole exchanges of the usual two tries: one lost reply, or a device that is busy for a moment, is not
# enough.
DOWN_AFTER: Final = 4
_FIRST_PAUSE_NS: Final = 500_000_000
_LONGEST_PAUSE_NS: Final = 30_000_000_000


class Health:
    """What is known of one instrument's answering. Times are those of the pool's clock."""

    def __init__(self) -> None:
        self.unanswered = 0
        self._down_since_ns: int | None = None
        self._pause_ns = _FIRST_PAUSE_NS
        self._next_ns = 0

    @property
    def down(self) -> bool:
        """Whether it is declared down."""
        return self._down_since_ns is not None

    def wait_ns(self, now_ns: int) -> int:
        """How long until it may be asked; 0 for one that is well."""
        return max(0, self._next_ns - now_ns) if self.down else 0

    def ask_again(self) -> None:
        """Let the next request through: somebody has a reason to try."""
        self._next_ns = 0

    def failed(self, now_ns: int) -> bool:
        """Count an unanswered request; True when it is thereby declared down."""
        self.unanswered += 1
        if self._down_since_ns is not None:
            self._pause_ns = min(2 * self._pause_ns, _LONGEST_PAUSE_NS)
        elif self.unanswered >= DOWN_AFTER:
            self._down_since_ns, self._pause_ns = now_ns, _FIRST_PAUSE_NS
        else:
            return False
        self._next_ns = now_ns + self._pause_ns
        return self.unanswered == DOWN_AFTER

    def answered(self, now_ns: int) -> int | None:
        """Count an answer; how long it was down, None when it was not."""
        since_ns, self._down_since_ns, self.unanswered = self._down_since_ns, None, 0
        return None if since_ns is None else now_ns - since_ns
