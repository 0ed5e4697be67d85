"""Recordings as async iterators, and pipes into sinks.

The threads that read never wait for the event loop: batches wait in the recording's own buffer, as for
anybody. The loop looks there now and then, for a thread that waited for it would contend with those that keep
time, once for each batch.
"""

import math
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import anyio
from anyio import lowlevel

from shotlane import acquisition, api
from shotlane.acquisition import AcquisitionSummary, Batch, BufferStatistics, MeasuredChannel, PipeSummary
from shotlane.aio._job import in_thread, own_limiter, shielded
from shotlane.aio._sinks import Sink
from shotlane.aio._twin import Late, Twin, late
from shotlane.execution import hearing

# How long a batch may lie there unseen: 200 looks a second are half a percent of a core.
_LOOK_S = 0.005


class Recording(Late[acquisition.Recording]):
    """Iterate over it for a batch per tick, from inside its `async with`. Made by `record`."""

    async def __aenter__(self) -> Self:
        with ExitStack() as hears:
            hears.enter_context(hearing())
            await in_thread(lambda: self.blocking.__enter__(), undo=_leave)
            self._hears = hears.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._hears:
            await shielded(lambda: self.blocking.__exit__(kind, error, trace))

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Batch:
        batch = await self.take()
        if batch is None:
            raise StopAsyncIteration
        return batch

    async def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch; None when none came in that time, or it is `over`. Raises what ended it."""
        deadline = math.inf if timeout_s is None else anyio.current_time() + timeout_s
        while True:
            # Cancelled here a task has taken nothing.
            await lowlevel.checkpoint()
            batch = self.blocking.take(0.0)
            if batch is not None or self.over or anyio.current_time() >= deadline:
                return batch
            await anyio.sleep(min(_LOOK_S, deadline - anyio.current_time()))

    def stop(self) -> None:
        """End the recording after the exchanges that are under way."""
        self.blocking.stop()

    @property
    def channels(self) -> tuple[MeasuredChannel, ...]:
        """What is recorded, in the order of a batch."""
        return self.blocking.channels

    @property
    def over(self) -> bool:
        """Whether it has ended and everything was taken."""
        return self.blocking.over

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
    sink: Sink[Any] | acquisition.Sink | str | Path,
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
    plain = recording.blocking if isinstance(recording, Twin) else recording
    target = sink.blocking if isinstance(sink, Twin) else sink
    return await in_thread(
        lambda: acquisition.pipe(
            plain,
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
