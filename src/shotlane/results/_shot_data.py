"""One attempt as a Python function of a result sees it: its valid readings, in arrays that cannot change."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Channel
from shotlane.plan import Value
from shotlane.records import StepRecord
from shotlane.results._readings import Readings


class Column(NamedTuple):
    """The valid readings of a channel, in the order they were made."""

    target_ns: NDArray[np.int64]
    requested_ns: NDArray[np.int64]
    values: NDArray[Any]


class Series(NamedTuple):
    """Valid readings of one channel: `time` in s from t = 0, when each was asked for; `value` in `unit`."""

    time: NDArray[np.float64]
    value: NDArray[Any]
    unit: str | None


class ShotData:
    """What one attempt measured.

    `samples`: a `Series` for every channel with a valid reading. `parameters`: as they are stored with the
    shot, numbers in the unit of their column. `steps`: start and end of each in s from t = 0.
    """

    def __init__(
        self,
        readings: Mapping[int, Readings],
        channels: Sequence[Channel],
        steps: Sequence[StepRecord],
        parameters: Mapping[str, Value],
    ) -> None:
        self._readings = readings
        self._channels = channels
        self._steps_ns = {step.name: (step.start_ns, step.end_ns) for step in steps}
        self._columns: dict[int, Column] = {}
        self.parameters: Mapping[str, Value] = dict(parameters)
        self.steps = {step.name: (step.start_ns / 1e9, step.end_ns / 1e9) for step in steps}

    @property
    def samples(self) -> dict[str, Series]:
        """Readings by channel, of those that have any."""
        return {
            self._channels[index].name: self._series(index)
            for index, kept in self._readings.items()
            if len(kept)
        }

    def during(self, channel: str, first: str, last: str | None = None) -> Series:
        """Readings that were planned within a step, or from the start of `first` to the end of `last`.

        Raises `KeyError` for a channel without readings and for a step that was not reached.
        """
        index = self._index(channel)
        begin_ns, end_ns = self._steps_ns[first][0], self._steps_ns[last or first][1]
        target_ns = self.column(index).target_ns
        return self._series(index, (begin_ns <= target_ns) & (target_ns < end_ns))

    def array(self, channel: str) -> NDArray[Any]:
        """The last array that a channel gave: a waveform, an image. Raises `KeyError` when there is none."""
        return self.arrays(channel)[-1]

    def arrays(self, channel: str) -> list[NDArray[Any]]:
        """Every array that a channel gave, in order. Raises `KeyError` when there is none."""
        values = self.column(self._index(channel)).values
        found = [_read_only(value) for value in values if isinstance(value, np.ndarray)]
        if not found:
            raise _no_readings(channel)
        return found

    def column(self, channel: int) -> Column:
        """Readings of the channel with that index, empty where none were kept."""
        column = self._columns.get(channel)
        if column is None:
            kept = self._readings.get(channel) or Readings(self._channels[channel])
            parts = (kept.target_ns, kept.requested_ns, kept.values)
            column = self._columns[channel] = Column(*map(_read_only, parts))
        return column

    def _series(self, channel: int, chosen: Any = slice(None)) -> Series:
        column, unit = self.column(channel), self._channels[channel].attribute.unit
        time_s = _read_only(column.requested_ns[chosen] / 1e9)
        return Series(time_s, _read_only(column.values[chosen]), None if unit is None else unit.text)

    def _index(self, channel: str) -> int:
        for index, kept in self._readings.items():
            if len(kept) and self._channels[index].name == channel:
                return index
        raise _no_readings(channel)


def _read_only(array: NDArray[Any]) -> NDArray[Any]:
    """The same numbers, shared between results, so that none can change what the next one sees."""
    view = array.view()
    view.flags.writeable = False
    return view


def _no_readings(channel: str) -> KeyError:
    return KeyError(f"no readings of {channel} in this shot")
