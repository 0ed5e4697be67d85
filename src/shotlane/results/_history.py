"""The look-back of conditions: the newest reading of each channel, and those of its longest window.

A window figure covers the valid readings of the last `window_ns`, counted from the newest one. It has no
value until readings reach back that far: two readings at the start of a run prove no stability, nor does one
alone in its window, whose spread would be 0. Nobody waits for anybody: a reader takes what was published
last, which is never changed afterwards. A figure over a long window is put together out of blocks.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Channel, ValueType
from shotlane.plan import Figure, Formula
from shotlane.records import has_value
from shotlane.results._blocks import IN_BLOCKS, SIZE, Blocks, figure_in_blocks
from shotlane.results._figures import Scalar, figure_of

_FIRST_ROOM = 64
# Up to here going through all readings is as quick.
LONG = 32 * SIZE


class _Published(NamedTuple):
    """The readings from `begin` to `end` of two equally long columns, oldest first, and their blocks."""

    at_ns: NDArray[np.int64]
    values: NDArray[Any]
    begin: int
    end: int
    blocks: Blocks


class _Track:
    """One channel: as many readings as its longest window holds, and the one just before it."""

    def __init__(self, channel: Channel, window_ns: int) -> None:
        self.unit = channel.attribute.unit
        self._window_ns = window_ns
        self._dtype = _dtype(channel.attribute.type)
        self.in_blocks = self._dtype is not object
        self.published = self._empty(_FIRST_ROOM)

    def _empty(self, room: int) -> _Published:
        return _Published(np.empty(room, dtype=np.int64), np.empty(room, dtype=self._dtype), 0, 0, Blocks())

    def add(self, at_ns: int, value: Any) -> None:
        """Publish one more reading; what lies before the window is let go."""
        now = self.published
        if now.end == len(now.at_ns):
            now = self._moved(now)
        now.at_ns[now.end] = at_ns
        now.values[now.end] = value
        begin, oldest_ns = now.begin, at_ns - self._window_ns
        # One before the beginning of the window stays, or all that are at it: they show that it is full.
        while now.at_ns[begin] < oldest_ns and now.at_ns[begin + 1] <= oldest_ns:
            begin += 1
        self.published = _Published(now.at_ns, now.values, begin, now.end + 1, self._blocks(now))

    def _blocks(self, now: _Published) -> Blocks:
        """The blocks with the one that has just become full, where somebody looks back so far."""
        number, rest = divmod(now.end + 1, SIZE)
        if rest or not self.in_blocks:
            return now.blocks
        last = slice(now.end + 1 - SIZE, now.end + 1)
        return now.blocks.put(number - 1, now.at_ns[last], now.values[last])

    def _moved(self, full: _Published) -> _Published:
        """The same readings at the beginning of new columns, with as much room again; blocks stay whole."""
        first = full.begin // SIZE
        gone = first * SIZE
        count = full.end - gone
        moved = self._empty(max(_FIRST_ROOM, 2 * count))
        moved.at_ns[:count] = full.at_ns[gone : full.end]
        moved.values[:count] = full.values[gone : full.end]
        blocks = full.blocks.without(first, full.end // SIZE)
        return moved._replace(begin=full.begin - gone, end=count, blocks=blocks)


class History:
    """Readings that the figures of conditions look back on. Times on one clock of the caller's, in ns."""

    def __init__(self, figures: Iterable[Figure], channels: Sequence[Channel]) -> None:
        windows: dict[int, int] = {}
        for figure in figures:
            windows[figure.channel] = max(windows.get(figure.channel, 0), figure.window_ns or 0)
        self._tracks = {channel: _Track(channels[channel], window) for channel, window in windows.items()}

    def add(self, channel: int, at_ns: int, value: Any) -> None:
        """Take a reading, in the channel's unit; None, or NaN, for one that gave no value.

        Readings of a channel come in the order of their times, from one thread at a time; a channel that no
        figure looks at is passed over.
        """
        track = self._tracks.get(channel)
        if track is not None and has_value(value):
            track.add(at_ns, value)

    def newest_ns(self, channel: int) -> int | None:
        """When the newest valid reading was made."""
        at_ns, _, begin, end, _ = self._tracks[channel].published
        return int(at_ns[end - 1]) if end > begin else None

    def figure(self, figure: Figure) -> Scalar | None:
        """A figure in SI; None without a valid reading, or while the window is not covered."""
        track = self._tracks[figure.channel]
        at_ns, values, begin, end, blocks = track.published
        if end == begin:
            return None
        if figure.window_ns is None:
            return figure_of("value", at_ns[end - 1 : end], values[end - 1 : end], track.unit)
        oldest_ns = at_ns[end - 1] - figure.window_ns
        if at_ns[begin] > oldest_ns:
            return None
        # Readings from the very beginning of the window belong to it.
        first = begin + int(np.searchsorted(at_ns[begin:end], oldest_ns, side="left"))
        if figure.function == "std" and end - first < 2:
            return None
        if end - first > LONG and figure.function in IN_BLOCKS and track.in_blocks:
            return figure_in_blocks(figure.function, at_ns, values, first, end, blocks, track.unit)
        return figure_of(figure.function, at_ns[first:end], values[first:end], track.unit)

    def holds(self, condition: Formula) -> bool | None:
        """Whether a condition holds by what is known; None while one of its figures has no value."""
        figures = [self.figure(figure) for figure in condition.figures]
        known = [figure for figure in figures if figure is not None]
        return bool(condition.evaluate(known)) if len(known) == len(figures) else None


def _dtype(type: ValueType) -> type[Any]:
    if type is ValueType.BOOL:
        return bool
    return object if type in {ValueType.OPTION, ValueType.TEXT, ValueType.ARRAY} else float
