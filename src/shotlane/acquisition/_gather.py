"""Puts the samples of several lines together, tick by tick, in the order of the ticks.

A batch is given on when every line has told of its tick, or when it has waited as long as it may: what comes
later is a batch of its own. So a line that hangs holds up no other.
"""

from collections.abc import Callable, Sequence
from threading import Lock

from shotlane.acquisition._buffer import Batch
from shotlane.acquisition._sample import Sample


class Gather:
    """Takes the samples of lines from their threads. `put` takes each batch; it may wait."""

    def __init__(
        self, lines: int, put: Callable[[Batch], None], *, now_ns: Callable[[], int], patience_ns: int
    ) -> None:
        self._put = put
        self._now_ns = now_ns
        self._patience_ns = patience_ns
        self._lock = Lock()
        self._next = [0] * lines  # the tick of which each line has not told yet
        self._ended: set[int] = set()
        self._open: dict[int, dict[int, Sequence[Sample]]] = {}  # by tick and line

    def give(self, line: int, tick: int, samples: Sequence[Sample]) -> None:
        """Take what a line has of a tick; what it has not told of before, it missed."""
        with self._lock:
            self._next[line] = tick + 1
            self._open.setdefault(tick, {})[line] = samples
            self._pass_on()

    def end(self, line: int) -> bool:
        """Hear that a line has ended; True when it was the last, and everything was given on."""
        with self._lock:
            self._ended.add(line)
            self._pass_on()
            return len(self._ended) == len(self._next)

    def _pass_on(self) -> None:
        going = [tick for line, tick in enumerate(self._next) if line not in self._ended]
        complete = min(going, default=None)
        while self._open:
            first = min(self._open)
            lines = self._open[first]
            batch = [sample for line in sorted(lines) for sample in lines[line]]
            if complete is not None and first >= complete and not self._overdue(batch):
                return
            del self._open[first]
            self._put(batch)

    def _overdue(self, batch: Batch) -> bool:
        return self._now_ns() - batch[0].target_ns > self._patience_ns
