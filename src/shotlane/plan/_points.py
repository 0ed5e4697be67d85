"""The table of sweep points as it grows: one row per point, one column per swept name.

Invariants: all columns of a table are equally long; what is appended varies fastest, so that the item written
first is the outermost axis. Numbers are SI values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """`count` rows; without any axis there is one."""

    columns: Mapping[str, Column] = field(default_factory=dict)
    count: int = 1

    def times(self, inner: "Table", *, snake: bool = False) -> "Table":
        """Every row with every row of `inner`; in a snake every second pass over `inner` runs backwards."""
        columns = {name: np.repeat(column, inner.count) for name, column in self.columns.items()}
        for name, column in inner.columns.items():
            passes = np.tile(column, (self.count, 1))
            if snake:
                passes[1::2] = passes[1::2, ::-1]
            columns[name] = passes.reshape(-1)
        return Table(columns, self.count * inner.count)

    def keep(self, mask: NDArray[np.bool_]) -> "Table":
        """The rows where the mask is true."""
        return Table({name: column[mask] for name, column in self.columns.items()}, int(mask.sum()))

    def permute(self, order: NDArray[np.intp]) -> "Table":
        """The rows in another order."""
        return Table({name: column[order] for name, column in self.columns.items()}, self.count)


def stack(tables: Sequence[Table], missing: Mapping[str, Any]) -> Table:
    """The rows of all tables one after the other; a name that one lacks takes its value of `missing`."""
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns = {}
    for name in names:
        parts = [
            table.columns[name] if name in table.columns else np.full(table.count, missing[name])
            for table in tables
        ]
        text = any(part.dtype.kind in "OU" for part in parts)
        columns[name] = np.concatenate([part.astype(object) for part in parts] if text else parts)
    return Table(columns, sum(table.count for table in tables))


def words(seed: int, count: int) -> NDArray[np.uint64]:
    """Raw 64-bit words of PCG64; numpy promises this stream, and not that of its distributions."""
    return np.asarray(np.random.PCG64(seed).random_raw(count), dtype=np.uint64)


def uniform(seed: int, count: int) -> NDArray[np.float64]:
    """Numbers in [0, 1), from the upper 53 bits of each word."""
    return (words(seed, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def shuffled(seed: int, count: int) -> NDArray[np.intp]:
    """A permutation: the stable order of random words."""
    return np.argsort(words(seed, count), kind="stable")
