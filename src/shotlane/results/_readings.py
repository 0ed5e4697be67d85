"""The valid readings of one channel in one attempt, kept because a result is made of them.

`add` runs on timing threads: a test and three appends to typed arrays, 24 bytes a reading and no object of
its own. A reading is valid with status OK or LATE and a value; NaN is no value.
"""

from array import array
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Channel, ValueType
from shotlane.records import SampleRow, Status, has_value

_OBJECTS = (ValueType.OPTION, ValueType.TEXT, ValueType.ARRAY)


class Readings:
    """Readings in the order they were made; times in ns from the origin of the attempt."""

    def __init__(self, channel: Channel) -> None:
        self._type = channel.attribute.type
        self._target_ns = array("q")
        self._requested_ns = array("q")
        self._values: array[float] | list[Any] = [] if self._type in _OBJECTS else array("d")

    def __len__(self) -> int:
        return len(self._target_ns)

    def add(self, row: SampleRow) -> None:
        """Take what became of a planned reading."""
        value = row.value
        if row.status > Status.LATE or not has_value(value):
            return
        self._values.append(value)
        self._requested_ns.append(row.target_ns if row.requested_ns is None else row.requested_ns)
        self._target_ns.append(row.target_ns)

    def take(
        self, target_ns: NDArray[np.int64], requested_ns: NDArray[np.int64], values: Sequence[Any]
    ) -> None:
        """Take readings that are known to be valid, in the order they were made."""
        self._target_ns.extend(target_ns.tolist())
        self._requested_ns.extend(requested_ns.tolist())
        self._values.extend(values)

    @property
    def target_ns(self) -> NDArray[np.int64]:
        """When each was planned."""
        return np.array(self._target_ns, dtype=np.int64)

    @property
    def requested_ns(self) -> NDArray[np.int64]:
        """When each was asked for."""
        return np.array(self._requested_ns, dtype=np.int64)

    @property
    def values(self) -> NDArray[Any]:
        """In the channel's unit: float64, bool, or objects (texts, arrays)."""
        if isinstance(self._values, list):
            return as_objects(self._values)
        return np.array(self._values, dtype=bool if self._type is ValueType.BOOL else np.float64)


def as_objects(values: list[Any]) -> NDArray[np.object_]:
    """A column of objects, also where they are arrays of one shape."""
    column = np.empty(len(values), dtype=object)
    for index, value in enumerate(values):
        column[index] = value
    return column
