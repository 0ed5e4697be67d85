"""Readings that are arrays: waveforms, spectra, images."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from shotlane.analysis import _frames as frames
from shotlane.records import ChannelRecord
from shotlane.store import RunReader, unpacked

_ATTEMPTS = 16  # so many in memory at a time, for who takes one array after the other


@dataclass(frozen=True, slots=True, eq=False)
class ArrayReading:
    """One array as it was read. `t`: seconds from the origin of its attempt when its exchange began."""

    run: int
    shot: int
    attempt: int
    channel: str
    tick: int
    t: float | None
    unit: str | None
    array: NDArray[Any]


def arrays(
    reader: RunReader, run: int, channels: Sequence[ChannelRecord], which: str
) -> Iterator[ArrayReading]:
    """The arrays of these channels in the order of shot, attempt, channel and tick."""
    places = {
        key: place
        for key, *place in frames.attempts(reader, run, which).select("id", "shot", "attempt").iter_rows()
    }
    by_index = {channel.index: channel for channel in channels}
    keys = list(places)
    for begin in range(0, len(keys), _ATTEMPTS):
        share = keys[begin : begin + _ATTEMPTS]
        for key, index, tick, requested, dtype, shape, encoding, data in reader.arrays(
            run, list(by_index), share
        ):
            shot, attempt = places[key]
            channel = by_index[index]
            t = None if requested is None else requested / 1e9
            array = unpacked(dtype, shape, encoding, data)
            yield ArrayReading(run, shot, attempt, channel.name, tick, t, channel.unit, array)
