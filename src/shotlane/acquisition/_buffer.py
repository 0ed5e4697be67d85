"""Between the threads that read and whoever takes the batches: a bounded buffer.

The timing threads never wait for a lock that the other side holds: the queue is the interpreter's own. What
is lost is counted by status, so that the account of a recording stays whole.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from queue import Empty, SimpleQueue
from threading import Event

from shotlane.acquisition._sample import Sample
from shotlane.records import Status

Batch = Sequence[Sample]
# How long a wait lasts before it is looked whether anything changed; no wake-up hangs on it.
_LOOK_S = 0.5


class OverflowPolicy(StrEnum):
    """What happens to a batch when the buffer is full.

    block: reading waits until there is room, and the ticks of that time are missed. drop_newest: the batch is
    lost. drop_oldest: the one that waited longest is lost. What is lost is counted as dropped.
    """

    BLOCK = "block"
    DROP_NEWEST = "drop_newest"
    DROP_OLDEST = "drop_oldest"


@dataclass(frozen=True, slots=True)
class BufferStatistics:
    """A buffer at a glance, in batches; `blocked`: how often reading had to wait for room."""

    capacity: int
    waiting: int
    peak: int
    put: int
    taken: int
    dropped: int
    blocked: int


class Buffer:
    """Takes batches in their order. One thread at a time may put, and one take."""

    def __init__(self, capacity: int, policy: OverflowPolicy, halt: Event) -> None:
        self._capacity = capacity
        self._policy = policy
        self._halt = halt
        self._queue: SimpleQueue[Batch | None] = SimpleQueue()
        self._room = Event()
        self._put = self._taken = self._evicted = self._dropped = self._blocked = self._peak = 0
        self._closed = self._over = False
        self._lost: tuple[int, int, int] = (0, 0, 0)

    @property
    def lost(self) -> tuple[int, int, int]:
        """Samples that were dropped: ok, late and failed ones."""
        return self._lost

    @property
    def _waiting(self) -> int:
        return self._put - self._taken - self._evicted

    def put(self, batch: Batch) -> None:
        """Put a batch, or do what the policy says."""
        if self._waiting >= self._capacity and not self._make_room():
            self._drop(batch)
            return
        self._queue.put(batch)
        self._put += 1
        self._peak = max(self._peak, self._waiting)

    def _make_room(self) -> bool:
        """Whether the batch may be put now."""
        if self._policy is OverflowPolicy.DROP_NEWEST:
            return False
        if self._policy is OverflowPolicy.DROP_OLDEST:
            self._evict()
            return True
        self._blocked += 1
        while self._waiting >= self._capacity and not self._halt.is_set():
            self._room.clear()
            # It may have been taken just before the clear: looked at again, so that no wait is in vain.
            if self._waiting >= self._capacity:
                self._room.wait(_LOOK_S)
        # Whoever stops a recording may still want what was read.
        return True

    def _evict(self) -> None:
        try:
            oldest = self._queue.get_nowait()
        except Empty:  # taken meanwhile
            return
        if oldest is not None:
            self._evicted += 1
            self._drop(oldest)

    def _drop(self, batch: Batch) -> None:
        self._dropped += 1
        counts = Counter(sample.status for sample in batch)
        ok, late, failed = self._lost
        self._lost = (ok + counts[Status.OK], late + counts[Status.LATE], failed + counts[Status.FAILED])

    def close(self) -> None:
        """Say that nothing more comes."""
        if not self._closed:
            self._closed = True
            self._queue.put(None)

    def wake(self) -> None:
        """Let a reading thread look whether it shall halt."""
        self._room.set()

    @property
    def over(self) -> bool:
        """Whether everything was taken and nothing more comes."""
        return self._over

    def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch; None when there is none in that time, or no more at all (`over`)."""
        if self._over:
            return None
        try:
            batch = self._queue.get(timeout=timeout_s)
        except Empty:
            return None
        if batch is None:
            self._over = True
            return None
        self._taken += 1
        self._room.set()
        return batch

    def statistics(self) -> BufferStatistics:
        """Counts so far."""
        return BufferStatistics(
            self._capacity,
            max(0, self._waiting),
            self._peak,
            self._put,
            self._taken,
            self._dropped,
            self._blocked,
        )
