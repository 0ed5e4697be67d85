"""From a recording into its sink, in a thread of its own, with the newest of every channel to be looked at.

The main thread draws and hears signals, and does nothing that could hold up what is read or written.
"""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import isfinite
from threading import Thread, current_thread, main_thread
from types import FrameType

from shotlane.acquisition import (
    Batch,
    MeasuredChannel,
    OutletStatistics,
    Pipe,
    PipeSummary,
    Recording,
    Sample,
    Sink,
    Tapped,
)
from shotlane.records import Status

# A second's worth is written at once; more than that only where very much is read.
_CHUNK = 20_000
_FLUSH_S = 1.0
_NAMES = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}
if hasattr(signal, "SIGHUP"):  # not on Windows
    _NAMES[signal.SIGHUP] = "the end of its terminal"


class Seen:
    """What has come of one channel; the logger writes, anybody reads."""

    __slots__ = ("channel", "counts", "newest", "numbers")

    def __init__(self, channel: MeasuredChannel) -> None:
        self.channel = channel
        self.newest: Sample | None = None
        self.counts = [0] * len(Status)
        self.numbers = (0.0, 0)  # sum and count of all, replaced together

    def take(self, sample: Sample) -> None:
        """Look at a reading."""
        self.newest = sample
        self.counts[sample.status] += 1
        if isinstance(sample.value, float | int) and isfinite(sample.value):
            total, count = self.numbers
            self.numbers = (total + sample.value, count + 1)

    @property
    def values(self) -> int:
        """Readings that gave a value."""
        return self.counts[Status.OK] + self.counts[Status.LATE]


class Logger(Thread):
    """Takes everything, to the end. `error`: what ended it that nobody expected."""

    def __init__(self, recording: Recording, sink: Sink | None) -> None:
        super().__init__(name="logger", daemon=True)
        self.recording = recording
        self.sink = sink
        self.seen = {channel.name: Seen(channel) for channel in recording.channels}
        self.piped: PipeSummary | None = None
        self.error: BaseException | None = None
        self.look: Callable[[Batch], None] = lambda _batch: None
        self._tapped = Tapped(recording, self._take)
        self._pipe = Pipe(self._tapped, sink, batch_size=_CHUNK, flush_interval=_FLUSH_S) if sink else None

    def _take(self, batch: Batch) -> None:
        for sample in batch:
            self.seen[sample.name].take(sample)
        self.look(batch)

    def run(self) -> None:
        """Take, and write."""
        try:
            if self._pipe is not None:
                self.piped = self._pipe.run()
            while not self._tapped.over:
                self._tapped.take(_FLUSH_S)
        except BaseException as error:  # noqa: BLE001  raised again by the main thread
            self.error = error
            self.recording.stop()

    def statistics(self) -> OutletStatistics | None:
        """On the way into the sink; None without one."""
        return None if self._pipe is None else self._pipe.statistics()


class Ending:
    """Who asked for the end, if anybody did."""

    def __init__(self) -> None:
        self.by: str | None = None


@contextmanager
def asked_to_end() -> Iterator[Ending]:
    """Hear signals, which only leave a note: they could strike anywhere. What is ignored stays so."""
    ending = Ending()

    def note(number: int, _frame: FrameType | None) -> None:
        ending.by = ending.by or _NAMES[signal.Signals(number)]

    if current_thread() is not main_thread():  # only that one may set handlers
        yield ending
        return
    taken = [number for number in _NAMES if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in taken}
    try:
        yield ending
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
