"""Whether every array is that of a reading, and every reading that gave an array has it."""

import polars as pl

from shotlane.archives._checked import Findings
from shotlane.archives._reader import BagReader
from shotlane.records import Status

_KEY = ["attempt_key", "channel_index", "tick"]
_GAVE = [int(Status.OK), int(Status.LATE)]


def check_arrays(reader: BagReader, found: Findings) -> None:
    """Compare them; neither the arrays themselves nor other readings are in memory."""
    channels = [one.index for one in reader.channels() if one.type == "array"]
    whole = dict.fromkeys(_KEY, pl.Int64)
    arrays = pl.concat([pl.DataFrame(schema=whole), *reader.each("arrays", _KEY)])
    gave = pl.col("status_number").is_in(_GAVE) & pl.col("channel_index").is_in(channels)
    parts = [
        rows.filter(gave, pl.col("text").is_null()).select(_KEY)
        for rows in (reader.each("samples", [*_KEY, "status_number", "text"]) if channels else ())
    ]
    readings = pl.concat([pl.DataFrame(schema=whole), *parts])
    found.compared += arrays.height
    lost, strays = readings.join(arrays, on=_KEY, how="anti"), arrays.join(readings, on=_KEY, how="anti")
    if lost.height:
        found.tell(f"{lost.height:,} readings gave an array that is not there")
    if strays.height:
        found.tell(f"{strays.height:,} arrays belong to no reading")
    if arrays.n_unique() != arrays.height:
        found.tell("a reading has several arrays")
