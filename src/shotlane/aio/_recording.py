"""Recordings as async iterators, and pipes into sinks.

The threads that read never wait for the event loop: batches wait in the recording's own buffer, as for
anybody. A batch that a cancelled task was just getting goes to whoever takes next.
"""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, Self

from anyio import lowlevel

from shotlane import acquisition, api
from shotlane.acquisition import AcquisitionSummary, Batch, BufferStatistics, MeasuredChannel, PipeSummary
from shotlane.aio._job import in_thread, own_limiter, shielded
from shotlane.aio._sinks import Sink
from shotlane.aio._twin import Late, Twin, late

# How long a task that is cancelled may have to wait for the thread that waits for a batch.
_LOOK_S = 0.05


class _Batches:
    """What is to be taken of a recording. One at a time takes."""

    def __init__(self, recording: acquisition.Recording) -> None:
        self.recording = recording
        self._kept: deque[Batch] = deque()

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""
        return not self._kept and self.recording.over

    @property
    def summary(self) -> AcquisitionSummary:
        """The account so far."""
        return self.recording.summary

    def stop(self) -> None:
        """End it."""
        self.recording.stop()

    def keep(self, batch: Batch | None) -> None:
        """Take a batch back that did not reach anybody."""
        if batch is not None:
            self._kept.append(batch)

    def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch; None when none came in that time."""
        return self._kept.popleft() if self._kept else self.recording.take(timeout_s)

    def take_unless(self, unwanted: Event, timeout_s: float | None) -> Batch | None:
        """The same, until nobody wants it any more."""
        deadline_s = None if timeout_s is None else time.monotonic() + timeout_s
        while not (unwanted.is_set() or self.over):
            left_s = _LOOK_S if deadline_s is None else min(_LOOK_S, deadline_s - time.monotonic())
            if left_s <= 0:
                break
            batch = self.take(left_s)
            if batch is not None:
                return batch
        return None


class Recording(Late[acquisition.Recording]):
    """Iterate over it for a batch per tick, from inside its `async with`. Made by `record`."""

    def __init__(self, make: Callable[[], acquisition.Recording]) -> None:
        super().__init__(make)
        self._batches: _Batches | None = None
        self._limiter = own_limiter()

    async def __aenter__(self) -> Self:
        await in_thread(lambda: self.blocking.__enter__(), undo=_leave)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await shielded(lambda: self.blocking.__exit__(kind, error, trace))

    @property
    def batches(self) -> _Batches:
        """What is to be taken of it, for `pipe`."""
        if self._batches is None:
            self._batches = _Batches(self.blocking)
        return self._batches

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch:
        batch = await self.take()
        if batch is None:
            raise StopAsyncIteration
        return batch

    async def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch; None when none came in that time, or it is `over`. Raises what ended it."""
        batches = self.batches
        # Before the taking, for a task that is cancelled here has taken nothing.
        await lowlevel.checkpoint()
        batch = batches.take(0.0)
        if batch is not None or batches.over or timeout_s == 0:
            return batch
        unwanted = Event()
        wait = partial(batches.take_unless, unwanted, timeout_s)
        return await in_thread(wait, stop=unwanted.set, undo=batches.keep, limiter=self._limiter)

    def stop(self) -> None:
        """End the recording after the exchanges that are under way."""
        self.batches.stop()

    @property
    def channels(self) -> tuple[MeasuredChannel, ...]:
        """What is recorded, in the order of a batch."""
        return self.blocking.channels

    @property
    def over(self) -> bool:
        """Whether it has ended and everything was taken."""
        return self.batches.over

    @property
    def summary(self) -> AcquisitionSummary:
        """The account so far; the final one once it has ended."""
        return self.blocking.summary

    def statistics(self) -> BufferStatistics:
        """Counts of the buffer between reading and taking."""
        return self.blocking.statistics()


def _leave(recording: acquisition.Recording) -> None:
    """End a recording that nobody came to use."""
    recording.__exit__(None, None, None)


record = late(api.record, Recording)


async def pipe(
    recording: Recording | acquisition.Recording,
    sink: Sink[Any] | acquisition.Sink,
    *,
    batch_size: int = 1000,
    flush_interval: float = 1.0,
    spool: Path | None = None,
    retry_s: float = 0.5,
    longest_retry_s: float = 30.0,
    close_timeout: float = 10.0,
) -> PipeSummary:
    """Write a recording into an open sink, to its end; cancelled, it ends the recording and writes the rest.

    As `shotlane.pipe`.
    """
    batches = recording.batches if isinstance(recording, Recording) else recording
    target = sink.blocking if isinstance(sink, Twin) else sink
    return await in_thread(
        lambda: acquisition.pipe(
            batches,
            target,
            batch_size=batch_size,
            flush_interval=flush_interval,
            spool=spool,
            retry_s=retry_s,
            longest_retry_s=longest_retry_s,
            close_timeout=close_timeout,
        ),
        stop=recording.stop,
        limiter=own_limiter(),
    )
