"""Writes to a sink in a thread of its own, so that a sink which is slow or gone holds up nobody.

Chunks are written in their order. When a write fails, what waits goes to the spool, which is on the disk; it
is delivered when the sink takes it again, tried after pauses that double. With memory full of what a slow
sink has not taken, what comes goes to the spool as well.
"""

import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from shotlane.acquisition._sample import Sample
from shotlane.acquisition._sink import Sink
from shotlane.acquisition._spool import Spool

# Samples that may wait in memory.
_MOST_WAITING = 200_000


@dataclass(frozen=True, slots=True)
class OutletStatistics:
    """What became of samples on their way into a sink; `chunks_spooled` wait on the disk.

    `failures`: writes that failed; `last_error`: of the newest of these.
    """

    written: int
    waiting: int
    chunks_spooled: int
    failures: int
    last_error: str | None


class Outlet:
    """Takes chunks of samples for a sink. `pause_s`: after a failure, doubled up to `longest_pause_s`."""

    def __init__(self, sink: Sink, spool: Spool, *, pause_s: float, longest_pause_s: float) -> None:
        self._sink = sink
        self._spool = spool
        self._pause_s = self._first_pause_s = pause_s
        self._longest_pause_s = longest_pause_s
        self._waiting: deque[Sequence[Sample]] = deque()
        self._waiting_count = self._written = self._failures = 0
        self._last_error: str | None = None
        self._again = spool.chunks > 0  # who left it may have been killed after a write
        self._condition = threading.Condition()
        self._ending = self._ended = self._abandoned = False
        self._thread = threading.Thread(target=self._serve, name="sink", daemon=True)
        self._thread.start()

    def put(self, samples: Sequence[Sample]) -> None:
        """Take a chunk. Never waits for the sink."""
        if not samples:
            return
        with self._condition:
            full = self._waiting_count >= _MOST_WAITING
            if not ((self._spool.chunks or full) and self._spooled(samples)):
                self._waiting.append(samples)
                self._waiting_count += len(samples)
            self._condition.notify()

    def _spooled(self, samples: Sequence[Sample]) -> bool:
        try:
            self._spool.append(samples)
        except OSError as error:
            self._last_error = f"the spool {self._spool.path}: {error}"
            return False
        return True

    def _serve(self) -> None:
        while self._wait_for_work():
            chunk, spooled = self._first()
            try:
                self._sink.write(chunk, again=self._again)
            except Exception as error:  # noqa: BLE001  whatever a sink raises must not end the acquisition
                self._failed(error)
            else:
                self._delivered(chunk, spooled=spooled)

    def _wait_for_work(self) -> bool:
        with self._condition:
            while not (self._waiting or self._spool.chunks or self._ending):
                self._condition.wait()
            return not self._abandoned and bool(self._waiting or self._spool.chunks)

    def _first(self) -> tuple[Sequence[Sample], bool]:
        """The oldest chunk; what waits in memory is older than what was spooled while it did."""
        with self._condition:
            if self._waiting:
                return self._waiting[0], False
            return self._spool.first(), True

    def _delivered(self, chunk: Sequence[Sample], *, spooled: bool) -> None:
        with self._condition:
            if self._abandoned:  # it came through after all, and waits in the spool too
                return
            self._written += len(chunk)
            self._again, self._pause_s = False, self._first_pause_s
            if spooled:
                self._spool.delivered()
            else:
                self._waiting.popleft()
                self._waiting_count -= len(chunk)

    def _failed(self, error: Exception) -> None:
        with self._condition:
            if self._abandoned:
                return
            self._failures += 1
            self._again = True
            self._last_error = f"{type(error).__name__}: {error}"
            self._save()
            self._condition.wait_for(lambda: self._abandoned, timeout=self._pause_s)
            self._pause_s = min(2 * self._pause_s, self._longest_pause_s)

    def _save(self) -> None:
        """Put what waits in memory on the disk, unless it would overtake what is there."""
        while self._waiting and not self._spool.chunks:
            chunks = list(self._waiting)
            if not all(self._spooled(chunk) for chunk in chunks):
                return
            self._waiting.clear()
            self._waiting_count = 0

    def finish(self, timeout_s: float) -> bool:
        """Write what waits, in that time; False when something is left, in the spool. Call it once."""
        with self._condition:
            self._ending = True
            self._condition.notify_all()
        self._thread.join(timeout_s)
        with self._condition:
            self._abandoned = True
            self._condition.notify_all()
            self._save()
            left = bool(self._waiting or self._spool.chunks)
            with suppress(OSError):
                self._spool.close()
        return not left

    def statistics(self) -> OutletStatistics:
        """Counts so far."""
        return OutletStatistics(
            self._written, self._waiting_count, self._spool.chunks, self._failures, self._last_error
        )
