"""Archived readings of some attempts as the results of a run see them: the valid ones, by channel."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from shotlane.archives._reader import BagReader
from shotlane.model import Channel, ValueType
from shotlane.records import Status
from shotlane.results import Readings
from shotlane.store import Selection, unpacked

_TEXTS = (ValueType.OPTION, ValueType.TEXT)
_VALID = [int(Status.OK), int(Status.LATE)]
_KEY = ["attempt_key", "channel_index"]
_COLUMNS = (*_KEY, "tick", "target_ns", "requested_ns", "value", "text")

Kept = dict[int, Readings]


def readings_of(
    reader: BagReader, channels: Sequence[Channel], wanted: Sequence[int], keys: Sequence[int]
) -> dict[int, Kept]:
    """Those of the channels `wanted` but for arrays, by attempt and channel; `keys` of attempts in order."""
    found: dict[int, Kept] = {key: {} for key in keys}
    plain = [index for index in wanted if not _is_array(channels[index])]
    if not keys or not plain:
        return found
    for rows in reader.readings(Selection(keys, False, plain, _VALID), {name: name for name in _COLUMNS}):
        for (key, index), part in rows.partition_by(_KEY, as_dict=True, maintain_order=True).items():
            name = "text" if channels[index].attribute.type in _TEXTS else "value"
            # NaN is how some devices say that they have nothing, and is kept as text.
            part = part.filter(pl.col(name).is_not_null())
            kept = found[key].setdefault(index, Readings(channels[index]))
            kept.take(*_times(part), part[name].to_list())
    return found


def arrays_of(reader: BagReader, channels: Sequence[Channel], wanted: Sequence[int], key: int) -> Kept:
    """Those of the channels `wanted` that are arrays, of one attempt, which may be large."""
    images = [index for index in wanted if _is_array(channels[index])]
    if not images:
        return {}
    data = {
        (index, tick): unpacked(dtype, shape, encoding, packed)
        for _, index, tick, _, dtype, shape, encoding, packed in reader.arrays(
            channels=images, attempts=[key]
        )
    }
    found = {index: Readings(channels[index]) for index in images}
    for rows in reader.readings(Selection([key], False, images, _VALID), {name: name for name in _COLUMNS}):
        for (index,), part in rows.partition_by(_KEY[1:], as_dict=True, maintain_order=True).items():
            part = part.filter(pl.col("tick").is_in([tick for one, tick in data if one == index]))
            found[index].take(*_times(part), [data[index, tick] for tick in part["tick"].to_list()])
    return found


def _is_array(channel: Channel) -> bool:
    return channel.attribute.type is ValueType.ARRAY


def _times(rows: pl.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """When they were planned, and when they were asked for."""
    began = rows.select(pl.coalesce("requested_ns", "target_ns").alias("began_ns"))["began_ns"]
    return rows["target_ns"].to_numpy(), began.to_numpy()
