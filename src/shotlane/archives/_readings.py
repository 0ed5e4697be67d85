"""Readings out of a bag, a part of a file at a time: only the columns and rows that are asked for.

The words stand in the files beside their keys, and the rows by attempt, channel and tick, so that nothing is
joined and nothing sorted; `verify` finds words that are not those of their keys.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping

import polars as pl

from shotlane.archives._bag_tables import BagTables
from shotlane.archives._tables import SAMPLES
from shotlane.store import Selection

# A file holds some hundred thousand rows, or one attempt that has more.
_MOST_ROWS = 1 << 20
_NAME = "samples"


def readings(tables: BagTables, chosen: Selection, columns: Mapping[str, str]) -> Iterator[pl.DataFrame]:
    """Those of a selection, in order; `columns` of the files by what they are to be called.

    Bounds that would need other tables are left to who asks.
    """
    wanted = [pl.col(column).alias(name) for name, column in columns.items()]
    others = _conditions(chosen)
    for file in tables.files(_NAME):
        keys = _keys(chosen, *tables.span(file, _NAME))
        if keys is None:
            continue
        found, rows = tables.scan(_NAME, [file]), tables.rows_in(file, _NAME)
        for offset in range(0, rows, _MOST_ROWS):
            part = found.slice(offset, _MOST_ROWS) if rows > _MOST_ROWS else found
            # No condition is cheaper than one that always holds.
            kept = part.filter(*keys, *others) if keys or others else part
            yield tables.collected(kept.select(wanted), _NAME)


def _keys(chosen: Selection, low: int, high: int) -> list[pl.Expr] | None:
    """What keeps the attempts that are asked for among those of a file; None when it has none of them."""
    mine = chosen.attempts[bisect_left(chosen.attempts, low) : bisect_right(chosen.attempts, high)]
    if not mine:
        return None
    # Keys of a run have no gaps: so many are all of them.
    return [] if len(mine) == high - low + 1 else [pl.col("attempt_key").is_in(list(mine))]


def _conditions(chosen: Selection) -> list[pl.Expr]:
    found = []
    if chosen.channels is not None:
        found.append(pl.col("channel_index").is_in(list(chosen.channels)))
    if chosen.statuses is not None:
        found.append(pl.col("status_number").is_in(list(chosen.statuses)))
    for name, (low, high) in chosen.bounds.items():
        if name in SAMPLES.stored:
            found += [] if low is None else [pl.col(name) >= low]
            found += [] if high is None else [pl.col(name) <= high]
    return found
