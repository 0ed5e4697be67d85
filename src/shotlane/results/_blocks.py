"""Figures over long windows, without going through all their readings each time.

Readings lie in blocks of `SIZE`. A block that is full is summed up once, and a window consists of blocks and
of what lies before and behind them. Its figure is put together anew out of these each time: no sum runs on
from reading to reading, so that nothing drifts over days, and an infinite value is gone with its window. The
work for n readings is that for `SIZE` + n / `SIZE` numbers.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from shotlane.expression import Unit
from shotlane.results._figures import Scalar, Times, Values

SIZE = 1024
# Rows of the sums: mean of the values, sum of their squared deviations from it, least and largest value; mean
# of the times from the block's own beginning, in s, sum of their squared deviations, and of the products of
# both deviations.
_MEAN, _SPREAD, _LEAST, _LARGEST, _TIME, _TIME_SPREAD, _BOTH = range(7)
_ROWS = 7
_FIRST_ROOM = 4

Sums = NDArray[np.float64]


class Blocks:
    """The sums of full blocks, in their order; what is there is never changed, so it may be read meanwhile.

    `begun_ns`: when the first reading of each was made.
    """

    __slots__ = ("begun_ns", "sums")

    def __init__(self, room: int = _FIRST_ROOM) -> None:
        self.sums = np.empty((_ROWS, room), dtype=np.float64)
        self.begun_ns = np.empty(room, dtype=np.int64)

    def put(self, number: int, at_ns: Times, values: Values) -> "Blocks":
        """With the block `number` summed up, which is the next one; the same blocks where they have room."""
        blocks = self if number < len(self.begun_ns) else self._moved(0, number, 2 * number)
        with np.errstate(all="ignore"):
            blocks.sums[:, number] = _sums(at_ns, values)
        blocks.begun_ns[number] = at_ns[0]
        return blocks

    def without(self, first: int, end: int) -> "Blocks":
        """The blocks from `first` to `end`, numbered from 0."""
        return self._moved(first, end, 2 * (end - first))

    def _moved(self, first: int, end: int, room: int) -> "Blocks":
        moved = Blocks(max(_FIRST_ROOM, room))
        moved.sums[:, : end - first] = self.sums[:, first:end]
        moved.begun_ns[: end - first] = self.begun_ns[first:end]
        return moved


def _sums(at_ns: Times, values: Values) -> tuple[float, ...]:
    numbers = values.astype(np.float64, copy=False)
    times = (at_ns - at_ns[0]) * 1e-9
    mean, time = float(np.mean(numbers)), float(np.mean(times))
    deviations, apart = numbers - mean, times - time
    return (
        mean,
        float(deviations @ deviations),
        float(np.min(numbers)),
        float(np.max(numbers)),
        time,
        float(apart @ apart),
        float(apart @ deviations),
    )


class _Parts:
    """A window as parts: what lies before the full blocks, these, and what lies behind."""

    def __init__(self, at_ns: Times, values: Values, first: int, end: int, blocks: Blocks) -> None:
        begin = -(-first // SIZE)
        behind = max(begin, end // SIZE)
        loose = [(first, min(begin * SIZE, end)), (behind * SIZE, end)]
        loose = [(one, other) for one, other in loose if other > one]
        sums = [_sums(at_ns[one:other], values[one:other]) for one, other in loose]
        counts = [other - one for one, other in loose]
        self._sums: Sums = np.column_stack([blocks.sums[:, begin:behind], *sums])
        self.count = np.concatenate([np.full(behind - begin, SIZE, dtype=np.float64), counts])
        begun_ns = np.array([at_ns[one] for one, _ in loose], dtype=np.int64)
        begun_ns = np.concatenate([blocks.begun_ns[begin:behind], begun_ns])
        # Mean times of the parts, from the beginning of the window.
        self.time: Sums = (begun_ns - at_ns[first]) * 1e-9 + self._sums[_TIME]

    def __getitem__(self, row: int) -> Sums:
        found: Sums = self._sums[row]
        return found

    def mean_of(self, means: Sums) -> float:
        """The mean over all, from those of the parts."""
        return float(self.count @ means) / float(self.count.sum())


def _mean(parts: _Parts, unit: Unit) -> float:
    return unit.to_si(parts.mean_of(parts[_MEAN]))


def _min(parts: _Parts, unit: Unit) -> float:
    return unit.to_si(float(np.min(parts[_LEAST])))


def _max(parts: _Parts, unit: Unit) -> float:
    return unit.to_si(float(np.max(parts[_LARGEST])))


def _std(parts: _Parts, unit: Unit) -> float:
    apart = parts[_MEAN] - parts.mean_of(parts[_MEAN])
    spread = float(parts[_SPREAD].sum() + parts.count @ (apart * apart))
    return float(np.sqrt(spread / parts.count.sum())) * unit.factor


def _slope(parts: _Parts, unit: Unit) -> float | None:
    times = parts.time - parts.mean_of(parts.time)
    spread = float(parts[_TIME_SPREAD].sum() + parts.count @ (times * times))
    if not spread:
        return None
    apart = parts[_MEAN] - parts.mean_of(parts[_MEAN])
    return float(parts[_BOTH].sum() + parts.count @ (times * apart)) / spread * unit.factor


IN_BLOCKS: dict[str, Callable[[_Parts, Unit], float | None]] = {
    "mean": _mean,
    "min": _min,
    "max": _max,
    "std": _std,
    "slope": _slope,
}


def figure_in_blocks(
    function: str, at_ns: Times, values: Values, first: int, end: int, blocks: Blocks, unit: Unit | None
) -> Scalar | None:
    """One of `IN_BLOCKS` over the readings from `first` to `end`, in SI, as `figure_of` gives it."""
    with np.errstate(all="ignore"):
        parts = _Parts(at_ns, values, first, end, blocks)
        number = IN_BLOCKS[function](parts, unit or Unit(""))
    return None if number is None or np.isnan(number) else float(number)
