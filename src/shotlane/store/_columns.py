"""Rows of samples as columns of numpy, the form in which they travel fast: to PostgreSQL and into a spool.

Not-a-number stands for no value: the store keeps a value that is not a number as text. Rows are turned in
small lots, since turning holds the interpreter, and timing threads need it.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.store._encode import Row

# A column costs an iterator per row: of more, the garbage collector looks through all rows each time.
LOT = 512
# From so many rows on it pays to bring them into the order of their key.
SORTED = 500
_WHOLE = "<i8"
TYPES = (*(_WHOLE,) * 6, "<f8", "<i2")
# What may be missing: how late, how long, and the value.
_OPTIONAL = (4, 5, 6)
_SIGNATURE = b"PGCOPY\n\xff\r\n\0" + bytes(8)
_END = b"\xff\xff"

Columns = list[NDArray[Any]]


def columns(rows: Sequence[Row]) -> tuple[Columns, NDArray[np.int8]]:
    """The columns, and for every row which optional values are missing: bit n for the n-th of them."""
    missing = np.zeros(len(rows), np.int8)
    found: Columns = []
    for index, (kind, values) in enumerate(zip(TYPES, zip(*rows, strict=True), strict=True)):
        try:
            column = np.array(values, kind)
        except TypeError:  # None among whole numbers
            column = np.array([0 if value is None else value for value in values], kind)
            missing |= np.array([value is None for value in values], np.int8) << _OPTIONAL.index(index)
        if index == _OPTIONAL[2]:
            missing |= np.isnan(column).astype(np.int8) << 2
        found.append(column)
    return found, missing


def rows_of(found: Columns, missing: NDArray[np.int8]) -> list[Row]:
    """The rows again."""
    lists = [column.tolist() for column in found]
    for bit, index in enumerate(_OPTIONAL):
        if (missing & 1 << bit).any():
            gone = (missing & 1 << bit).astype(bool).tolist()
            lists[index] = [None if lost else value for value, lost in zip(lists[index], gone, strict=True)]
    return list(zip(*lists, strict=True))


def lots(rows: Sequence[Row], size: int = LOT) -> Iterator[Sequence[Row]]:
    """The rows in lots."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def copy_data(rows: Sequence[Row]) -> Iterator[bytes]:
    """The rows as COPY ... (FORMAT BINARY) takes them (PostgreSQL manual, COPY, "Binary Format")."""
    yield _SIGNATURE
    for lot in lots(rows):
        found, missing = columns(lot)
        for pattern in np.unique(missing).tolist():
            chosen = missing == pattern
            yield _records(found if chosen.all() else [column[chosen] for column in found], pattern)
    yield _END


def _records(found: Columns, pattern: int) -> bytes:
    gone = {index for bit, index in enumerate(_OPTIONAL) if pattern & 1 << bit}
    records = np.empty(len(found[0]), _layout(pattern))
    records["count"] = len(found)
    for index, column in enumerate(found):
        records[f"length{index}"] = -1 if index in gone else column.itemsize
        if index not in gone:
            records[f"value{index}"] = column
    return records.tobytes()


@cache
def _layout(pattern: int) -> "np.dtype[Any]":
    """A record of the wire: the count of fields, then length and bytes of each, big end first."""
    fields = [("count", ">i2")]
    for index, kind in enumerate(TYPES):
        fields.append((f"length{index}", ">i4"))
        if index not in _OPTIONAL or not pattern & 1 << _OPTIONAL.index(index):
            fields.append((f"value{index}", kind.replace("<", ">")))
    return np.dtype(fields)


def by_key(rows: Sequence[Row]) -> list[Row]:
    """The rows with those of one attempt and channel together, as the table is clustered."""
    groups: dict[tuple[int, int], list[Row]] = {}
    for row in rows:
        key = (row[0], row[1])
        if key in groups:
            groups[key].append(row)
        else:
            groups[key] = [row]
    return [row for key in sorted(groups) for row in groups[key]]
