"""`pipe`: from a recording into a sink, in chunks.

A chunk is written when it is big enough or old enough, whether samples come or not. On the end, an exception
and Ctrl-C alike, everything that was read is written before `pipe` returns or raises.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread, current_thread, main_thread
from typing import Any, Protocol

from shotlane.acquisition._buffer import Batch
from shotlane.acquisition._destination import sink_for
from shotlane.acquisition._outlet import Outlet, OutletStatistics
from shotlane.acquisition._sample import Sample
from shotlane.acquisition._sink import Sink
from shotlane.acquisition._spool import Spool
from shotlane.acquisition._summary import AcquisitionSummary
from shotlane.execution import NotEndedError, bounded

# How long the end of a recording is waited for: an exchange that is under way.
_GRACE_S = 3.0
_LOOK_S = 0.2
_LONGEST_END_S = 3600.0


class Batches(Protocol):
    """What a pipe takes from: a recording."""

    @property
    def over(self) -> bool:
        """Whether nothing more comes."""

    @property
    def summary(self) -> AcquisitionSummary:
        """The account so far."""

    def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch; None when none came in that time."""

    def stop(self) -> None:
        """End it."""


@dataclass(frozen=True, slots=True)
class PipeSummary:
    """What a pipe did. `complete`: everything is in the sink; else the rest waits in the file `spool`.

    A later pipe into the same sink delivers it first.
    """

    acquisition: AcquisitionSummary
    written: int
    failures: int
    complete: bool
    spool: Path
    last_error: str | None


class Pipe:
    """A pipe at work; `run` it, or have `pipe` do so."""

    def __init__(
        self,
        recording: Batches,
        sink: Sink,
        *,
        batch_size: int = 1000,
        flush_interval: float = 1.0,
        spool: Path | None = None,
        retry_s: float = 0.5,
        longest_retry_s: float = 30.0,
        close_timeout: float = 10.0,
    ) -> None:
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, not {batch_size}")
        if not 0 < flush_interval < float("inf"):
            raise ValueError(f"flush_interval must be above 0, not {flush_interval:g}")
        if not 0 < retry_s <= longest_retry_s:
            raise ValueError("retry_s must be above 0 and at most longest_retry_s")
        self._recording = recording
        self._batch_size = batch_size
        self._interval_s = flush_interval
        self._close_timeout_s = close_timeout
        self._held: list[Sample] = []
        self._due_s = 0.0
        self._pumped = Event()
        self._given_up = False
        self._error: BaseException | None = None
        self._spool = Spool(spool or sink.spool())
        self._outlet = Outlet(sink, self._spool, pause_s=retry_s, longest_pause_s=longest_retry_s)

    def statistics(self) -> OutletStatistics:
        """Counts on the way into the sink."""
        return self._outlet.statistics()

    def run(self) -> PipeSummary:
        """Write until the recording is over. Raises what ends it, with everything written."""
        Thread(target=self._pump, name="pipe", daemon=True).start()
        try:
            # Here and nowhere else Ctrl-C may strike, so that it never hits between a taking and a keeping.
            while not self._pumped.wait(_LOOK_S):
                pass
        finally:
            complete = _whatever_comes(self._finish)
        if self._error is not None:
            raise self._error
        told = self._outlet.statistics()
        return PipeSummary(
            self._recording.summary, told.written, told.failures, complete, self._spool.path, told.last_error
        )

    def _pump(self) -> None:
        """Take, until nothing more comes."""
        try:
            while not self._recording.over and not self._given_up:
                self._step()
        except BaseException as error:  # noqa: BLE001  raised again by `run`
            self._error = error
        finally:
            self._pumped.set()

    def _step(self) -> None:
        """Wait for a batch no longer than until the next flush."""
        wait_s = max(0.0, self._due_s - time.monotonic()) if self._held else _LOOK_S
        self._keep(self._recording.take(min(wait_s, _LOOK_S)))
        if len(self._held) >= self._batch_size or (self._held and time.monotonic() >= self._due_s):
            self._flush()

    def _keep(self, batch: Iterable[Sample] | None) -> None:
        if batch is None:
            return
        if not self._held:
            self._due_s = time.monotonic() + self._interval_s
        self._held.extend(batch)

    def _flush(self) -> None:
        held, self._held = self._held, []
        self._outlet.put(held)

    def _finish(self) -> bool:
        self._recording.stop()
        if not self._pumped.wait(_GRACE_S):
            self._given_up = True  # a driver hangs; what was read is written all the same
            self._pumped.wait(_GRACE_S)
        self._flush()
        return self._outlet.finish(self._close_timeout_s)


def _whatever_comes(finish: Callable[[], bool]) -> bool:
    """Finish, also when Ctrl-C is pressed again: in a thread that it does not reach."""
    if current_thread() is not main_thread():  # where it never comes; the ending interpreter has no threads
        return finish()
    try:
        return bounded(finish, _LONGEST_END_S)
    except NotEndedError:
        return False


def pipe(
    recording: Batches,
    sink: Sink | str | Path,
    *,
    batch_size: int = 1000,
    flush_interval: float = 1.0,
    spool: Path | None = None,
    retry_s: float = 0.5,
    longest_retry_s: float = 30.0,
    close_timeout: float = 10.0,
) -> PipeSummary:
    """Write a recording into an open sink, or into what `sink_for` makes of a path or address, to its end.

    A chunk has at least `batch_size` samples or is `flush_interval` seconds old. A write that fails is tried
    again from the file `spool` and never ends the recording. At the end the sink has `close_timeout` seconds.
    """
    how: dict[str, Any] = {
        "batch_size": batch_size,
        "flush_interval": flush_interval,
        "spool": spool,
        "retry_s": retry_s,
        "longest_retry_s": longest_retry_s,
        "close_timeout": close_timeout,
    }
    if not isinstance(sink, str | Path):
        return Pipe(recording, sink, **how).run()
    with sink_for(sink) as opened:
        return Pipe(recording, opened, **how).run()
