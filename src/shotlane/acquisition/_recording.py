"""A recording: threads that read on absolute targets, and batches for whoever takes them.

Each line has a thread of its own; in virtual time, where nobody waits, one thread reads them in turn. A
recording is entered once. What was read before it ended can still be taken afterwards.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self

from shotlane.acquisition._buffer import Batch, Buffer, BufferStatistics, OverflowPolicy
from shotlane.acquisition._gather import Gather
from shotlane.acquisition._grid import Grid
from shotlane.acquisition._poller import Poller
from shotlane.acquisition._sample import MeasuredChannel, Origin, utc
from shotlane.acquisition._source import Line
from shotlane.acquisition._summary import AcquisitionSummary
from shotlane.execution import Clock, combined

# Lines with the same ticks are apart by so much, because one interpreter runs their threads one by one.
_TURN_NS = 400_000
# How far ahead the first tick is, so that every thread is at its wait by then.
_LEAD_NS = 5_000_000
_LEAST_PATIENCE_NS = 100_000_000
_LOOK_S = 0.5
_GRACE_S = 2.0


class Recording:
    """Iterate over it for a batch per tick. Made by `record`."""

    def __init__(
        self,
        lines: Callable[[ExitStack], Sequence[Line]],
        grid: Grid,
        clock: Clock,
        *,
        overflow: OverflowPolicy,
        buffer_size: int,
        tolerance_ns: int,
        origin: Callable[[int], Origin],
    ) -> None:
        self._open_lines = lines
        self._grid = grid
        self._clock = clock
        self._tolerance_ns = tolerance_ns
        self._make_origin = origin
        self._halt = Event()
        self._buffer = Buffer(buffer_size, overflow, self._halt)
        self._stack = ExitStack()
        self._pollers: list[Poller] = []
        self._threads: list[Thread] = []
        self._error: BaseException | None = None
        self._started_at: datetime | None = None
        self._finished_at: datetime | None = None
        self._clock_changes: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def __enter__(self) -> Self:
        if self._started_at is not None:
            raise RuntimeError("a recording is entered once; make another one")
        self._started_at = utc(self._clock.utc_ns())
        with ExitStack() as opened:
            lines = self._open_lines(opened)
            opened.enter_context(self._clock.keeping_time())
            self._start(lines)
            self._stack = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        with self._stack:
            for thread in self._threads:
                thread.join(_GRACE_S)
            if any(thread.is_alive() for thread in self._threads):
                self._end()  # who still takes must not wait for a driver that never returns
        if kind is None and self._error is not None:
            raise self._error

    def _start(self, lines: Sequence[Line]) -> None:
        self._clock.anchor()
        now_ns = self._clock.now_ns()
        origin = self._make_origin(self._clock.utc_ns() - now_ns)
        start_ns = now_ns + _LEAD_NS
        turn_ns = 0 if self._clock.virtual else min(_TURN_NS, self._tolerance_ns // len(lines))
        self._pollers = [
            Poller(
                line,
                self._grid,
                self._clock,
                start_ns=start_ns + number * turn_ns,
                tolerance_ns=self._tolerance_ns,
                origin=origin,
                halt=self._halt,
            )
            for number, line in enumerate(lines)
        ]
        self._started_at = utc(start_ns + origin.utc_offset_ns)
        patience_ns = max(self._grid.period_ns, _LEAST_PATIENCE_NS)
        gather = Gather(len(lines), self._buffer.put, now_ns=self._clock.now_ns, patience_ns=patience_ns)
        runs = [lambda: self._in_turn(gather)] if self._clock.virtual else self._runs(gather)
        # Daemons, because a driver that never returns must not keep the process alive.
        self._threads = [Thread(target=run, name="recording", daemon=True) for run in runs]
        for thread in self._threads:
            thread.start()

    def _runs(self, gather: Gather) -> list[Callable[[], None]]:
        return [lambda line=line: self._run(line, gather) for line in range(len(self._pollers))]  # type: ignore[misc]

    def _run(self, line: int, gather: Gather) -> None:
        """Read one line to the end."""
        try:
            self._clock.prepare_thread()
            self._pollers[line].run(lambda tick, samples: gather.give(line, tick, samples))
        except BaseException as error:  # noqa: BLE001  raised again in the thread that takes the batches
            self._error = self._error or error
            self.stop()
        finally:
            if gather.end(line):
                self._end()

    def _in_turn(self, gather: Gather) -> None:
        """Read all lines tick by tick."""
        tick = 0
        try:
            while self._grid.ticks is None or tick < self._grid.ticks:
                target_ns = self._pollers[0].start_ns + self._grid.offset_ns(tick)
                if not self._clock.wait_until(target_ns, self._halt):
                    break
                due = [poller.due(tick) for poller in self._pollers]
                for line, (poller, at) in enumerate(zip(self._pollers, due, strict=True)):
                    if at is not None:
                        gather.give(line, at, poller.read(at))
                tick = 1 + max((at for at in due if at is not None), default=self._grid.ticks or tick)
        except BaseException as error:  # noqa: BLE001  raised again in the thread that takes the batches
            self._error = error
        finally:
            for line in range(len(self._pollers)):
                gather.end(line)
            self._end()

    def _end(self) -> None:
        self._clock_changes = tuple(self._clock.happenings())
        self._finished_at = utc(self._clock.utc_ns())
        self._buffer.close()

    def stop(self) -> None:
        """End the recording after the exchanges that are under way. Callable from any thread, and twice."""
        self._halt.set()
        self._buffer.wake()

    @property
    def channels(self) -> tuple[MeasuredChannel, ...]:
        """What is recorded, in the order of a batch."""
        return tuple(channel for poller in self._pollers for channel in poller.line.channels)

    @property
    def over(self) -> bool:
        """Whether it has ended and everything was taken."""
        return self._buffer.over

    def __iter__(self) -> Iterator[Batch]:
        return self

    def __next__(self) -> Batch:
        while True:
            # Looked at again and again, because a wait without end hears no Ctrl-C on Windows.
            batch = self.take(_LOOK_S)
            if batch is not None:
                return batch
            if self.over:
                raise StopIteration

    def take(self, timeout_s: float | None = None) -> Batch | None:
        """The next batch; None when none came in that time, or it is `over`. Raises what ended it."""
        if self._started_at is None:
            raise RuntimeError("a recording is taken from inside its `with`")
        batch = self._buffer.take(timeout_s)
        if batch is None and self.over and self._error is not None:
            error, self._error = self._error, None
            raise error
        return batch

    @property
    def summary(self) -> AcquisitionSummary:
        """The account so far; the final one once it has ended."""
        # First what was dropped: it was counted before as what it was.
        lost = self._buffer.lost
        counted = [(poller.counts, len(poller.line.channels)) for poller in self._pollers]
        ok, late, failed, missed = (
            sum(getattr(counts, name) for counts, _ in counted) for name in ("ok", "late", "failed", "missed")
        )
        ticks = self._grid.ticks
        unreached = 0 if ticks is None else sum((ticks - counts.ticks) * width for counts, width in counted)
        planned = sum((counts.ticks if ticks is None else ticks) * width for counts, width in counted)
        return AcquisitionSummary(
            self._started_at or utc(self._clock.utc_ns()),
            self._finished_at,
            planned,
            ok - lost[0],
            late - lost[1],
            failed - lost[2],
            missed,
            sum(lost),
            unreached,
            sum(poller.line.disconnects for poller in self._pollers),
            self._buffer.statistics().put,
            combined(poller.lateness for poller in self._pollers),
            self._clock_changes,
        )

    def statistics(self) -> BufferStatistics:
        """Counts of the buffer between reading and taking."""
        return self._buffer.statistics()
