"""A sequence with its names resolved: what the checks look at and what shots are cut from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from shotlane.plan._exact import NS_PER_S
from shotlane.plan._lanes import Lanes
from shotlane.plan._live import Live
from shotlane.plan._lowering import every_ns
from shotlane.plan._moves import Hold, Pulse, Ramp
from shotlane.plan._scope import Rows, Scope
from shotlane.plan._set_lane import SetLane
from shotlane.plan._skeleton import Skeleton, skeleton
from shotlane.plan._timeline import Timeline

# Values that are kept at a time: evaluated cells, candidates of one lane that is checked, and candidates of
# all lanes of the points that are cut together. 8 bytes each, and as much again while they are put together.
CELLS = 2_500_000
CHECKED = 2_000_000
CUT = 1_100_000
MOST_ROWS = 1024
MOST_CHECKED = 65_536


@dataclass(frozen=True)
class Program:
    """Names with their values, steps, lanes, and what runs live."""

    scope: Scope
    timeline: Timeline
    lanes: Lanes
    live: Live

    def __post_init__(self) -> None:
        varying = sum(
            level.varies for lane in self.lanes.sets for cell in lane.cells for level in cell.move.levels
        )
        self.scope.block = int(np.clip(CELLS // max(varying, 1), 256, MOST_CHECKED))

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

    @cached_property
    def skeletons(self) -> list[Skeleton | None]:
        """Of every lane that sets; None for one whose times are swept."""
        rows = self.scope.rows(0, 1)
        every = self.scope.rows(0, self.scope.count)
        bounds = [
            first if len(whole) == 1 else whole
            for first, whole in zip(
                self.timeline.boundaries(rows), self.timeline.boundaries(every), strict=True
            )
        ]
        return [skeleton(lane, rows, bounds) for lane in self.lanes.sets]

    def stretches(self) -> Iterator[Rows]:
        """All points, in stretches that bound the memory of checks, which look at one lane at a time."""
        widest = max((width for lane, width in self._widths if _is_laid_out(lane)), default=1)
        size = int(max(1, min(self.scope.block, CHECKED // max(widest, 1))))
        for first in range(0, self.scope.count, size):
            yield self.scope.rows(first, min(first + size, self.scope.count))

    def stretch_rows(self) -> int:
        """How many points are cut together."""
        # Swept times have a row of targets, of marks and of intermediate results beside their values.
        width = sum(
            width if known is not None else 2 * width
            for known, (_, width) in zip(self.skeletons, self._widths, strict=False)
        )
        return int(max(1, min(MOST_ROWS, CUT // max(width, 1))))

    @cached_property
    def _widths(self) -> list[tuple[SetLane, int]]:
        """About how many candidates each lane has in the longest shot."""
        if not self.timeline.sound:
            return []
        every = self.scope.rows(0, self.scope.count)
        lengths = np.nan_to_num(sum(self.timeline.durations_s(every), np.zeros((1, 1))), nan=0, posinf=0)
        longest = int(np.argmax(lengths[:, 0]))
        rows = self.scope.rows(longest, longest + 1)
        seconds = [
            float(np.clip(np.nan_to_num(item[0, 0]), 0, 1e9)) for item in self.timeline.durations_s(rows)
        ]
        return [(lane, _lane_width(lane, rows, seconds)) for lane in self.lanes.sets]


def _is_laid_out(lane: SetLane) -> bool:
    """Whether checks look at more of a lane than the values that were written."""
    plain = all(isinstance(cell.move, Hold | Ramp) for cell in lane.cells)
    return not plain or bool(lane.channel.attribute.update_ns)


def _lane_width(lane: SetLane, rows: Rows, seconds: list[float]) -> int:
    """About how many candidates a lane has in a shot with these durations."""
    total = 0.0
    every = float(every_ns(lane, rows)[0, 0]) if lane.every is not None else np.inf
    for cell in lane.cells:
        length = sum(seconds[cell.cell.first : cell.cell.last + 1])
        total += 1
        if cell.move.changing:
            total += length * NS_PER_S / every
        elif isinstance(cell.move, Pulse):
            period = float(cell.move.period.column(rows)[0, 0])
            total += 2 * length / period if period > 0 else 0
        else:
            total += len(cell.move.levels) - 1
    return int(min(total, 1e9))
