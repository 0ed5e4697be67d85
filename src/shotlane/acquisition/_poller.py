"""One line on its grid: a tick is read, late or not, or missed because the next one is due; never in a burst.

The counts are one tuple, replaced after every tick, so that whoever looks sees whole ticks.
"""

from collections.abc import Callable, Sequence
from threading import Event
from typing import NamedTuple

from shotlane.acquisition._grid import Grid
from shotlane.acquisition._sample import Origin, Sample, judged
from shotlane.acquisition._source import Line
from shotlane.execution import Clock, Lateness
from shotlane.records import Status


class Counts(NamedTuple):
    """Ticks of a line that are done with, and what became of its readings at them."""

    ticks: int = 0
    ok: int = 0
    late: int = 0
    failed: int = 0
    missed: int = 0


class Poller:
    """Reads a line. `start_ns`: when its tick 0 is due; `give` takes the samples of each tick."""

    def __init__(
        self,
        line: Line,
        grid: Grid,
        clock: Clock,
        *,
        start_ns: int,
        tolerance_ns: int,
        origin: Origin,
        halt: Event,
    ) -> None:
        self.line = line
        self.start_ns = start_ns
        self.counts = Counts()
        self.lateness = Lateness()
        self._grid = grid
        self._clock = clock
        self._tolerance_ns = tolerance_ns
        self._origin = origin
        self._halt = halt
        self._width = len(line.channels)

    def run(self, give: Callable[[int, Sequence[Sample]], None]) -> None:
        """Read every tick, to the end or until the halt."""
        tick = 0
        while self._grid.ticks is None or tick < self._grid.ticks:
            if not self._clock.wait_until(self.start_ns + self._grid.offset_ns(tick), self._halt):
                return
            read = self.due(tick)
            if read is None:
                return
            tick = read + 1
            give(read, self.read(read))

    def due(self, tick: int) -> int | None:
        """The tick to be read now, at `tick` or after it; None when all have passed."""
        newest = self._grid.newest(self._clock.now_ns() - self.start_ns)
        if newest <= tick:
            return tick
        last = newest if self._grid.ticks is None else min(newest, self._grid.ticks)
        self.counts = self.counts._replace(
            ticks=last, missed=self.counts.missed + (last - tick) * self._width
        )
        return None if last == self._grid.ticks else last

    def read(self, tick: int) -> list[Sample]:
        """Read a tick now."""
        target_ns = self.start_ns + self._grid.offset_ns(tick)
        self.lateness.add(self._clock.now_ns() - target_ns)
        latest_ns = target_ns + self._tolerance_ns
        origin = self._origin
        samples: list[Sample] = []
        late = failed = 0
        for channel, value, requested_ns, received_ns, raw, fault in self.line.read():
            status, (value, raw, fault) = Status.OK, judged(value, raw, fault)
            if fault is not None:
                status = Status.FAILED
                failed += 1
            elif requested_ns is not None and requested_ns > latest_ns:
                status = Status.LATE
                late += 1
            samples.append(
                Sample(channel, origin, tick, target_ns, requested_ns, received_ns, value, status, raw, fault)
            )
        before = self.counts
        self.counts = Counts(
            tick + 1,
            before.ok + len(samples) - late - failed,
            before.late + late,
            before.failed + failed,
            before.missed,
        )
        return samples
