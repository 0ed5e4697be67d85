"""A sequence with its names resolved: what the checks look at and what shots are cut from."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from shotlane.plan._exact import NS_PER_S
from shotlane.plan._lanes import Lanes
from shotlane.plan._lowering import every_ns
from shotlane.plan._moves import Pulse
from shotlane.plan._scope import Rows, Scope
from shotlane.plan._set_lane import SetLane
from shotlane.plan._timeline import Timeline

# Candidates in a stretch of points: some 16 MB of values.
BUDGET = 2_000_000
MOST_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Program:
    """Names with their values, steps, and lanes."""

    scope: Scope
    timeline: Timeline
    lanes: Lanes

    @property
    def varies(self) -> bool:
        """Whether anything of a shot but its parameters differs between points."""
        lanes = self.lanes
        return (
            self.timeline.varies
            or any(lane.varies for lane in lanes.sets)
            or any(reading.varies for reading in lanes.readings)
            or any(call.varies for call in lanes.calls)
        )

    def stretches(self) -> Iterator[Rows]:
        """All points, in stretches that bound memory."""
        size = self.stretch_rows()
        for first in range(0, self.scope.count, size):
            yield self.scope.rows(first, min(first + size, self.scope.count))

    def stretch_rows(self) -> int:
        """How many points are looked at together."""
        return int(max(1, min(MOST_ROWS, BUDGET // max(self._width(), 1))))

    def _width(self) -> int:
        """About how many candidates the longest shot has."""
        if not self.timeline.sound:
            return 1
        every = self.scope.rows(0, self.scope.count)
        lengths = np.nan_to_num(sum(self.timeline.durations_s(every), np.zeros((1, 1))), nan=0, posinf=0)
        longest = int(np.argmax(lengths[:, 0]))
        rows = self.scope.rows(longest, longest + 1)
        seconds = [
            float(np.clip(np.nan_to_num(item[0, 0]), 0, 1e9)) for item in self.timeline.durations_s(rows)
        ]
        return sum(_lane_width(lane, rows, seconds) for lane in self.lanes.sets)


def _lane_width(lane: SetLane, rows: Rows, seconds: list[float]) -> int:
    """About how many candidates a lane has in a shot with these durations."""
    total = 0.0
    for cell in lane.cells:
        length = sum(seconds[cell.cell.first : cell.cell.last + 1])
        total += 2 + len(cell.move.levels)
        if cell.move.changing and lane.every is not None:
            total += length * NS_PER_S / float(every_ns(lane, rows)[0, 0])
        elif isinstance(cell.move, Pulse):
            period = float(cell.move.period.column(rows)[0, 0])
            total += 2 * length / period if period > 0 else 0
    return int(min(total, 1e9))
