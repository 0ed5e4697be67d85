"""The table of sweep points as it grows: one row per point, one column per swept name.

Invariants: all columns of a table are equally long; what is appended varies fastest, so that the item written
first is the outermost axis. Numbers are SI values.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Table:
    """`count` rows; without any axis there is one.

    `declared`: of a swept name, the rows in which it takes the value that its declaration derives there; what
    its column holds in these means nothing.
    """

    columns: Mapping[str, Column] = field(default_factory=dict)
    count: int = 1
    declared: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)

    def times(self, inner: "Table", *, snake: bool = False) -> "Table":
        """Every row with every row of `inner`; in a snake every second pass over `inner` runs backwards."""

        def outer(column: Column) -> Column:
            return np.repeat(column, inner.count)

        def again(column: Column) -> Column:
            passes = np.tile(column, (self.count, 1))
            if snake:
                passes[1::2] = passes[1::2, ::-1]
            return passes.reshape(-1)

        count = self.count * inner.count
        mine, theirs = self.each(count, outer), inner.each(count, again)
        return Table({**mine.columns, **theirs.columns}, count, {**mine.declared, **theirs.declared})

    def keep(self, mask: NDArray[np.bool_]) -> "Table":
        """The rows where the mask is true."""
        return self.each(int(mask.sum()), lambda column: column[mask])

    def permute(self, order: NDArray[np.intp]) -> "Table":
        """The rows in another order."""
        return self.each(self.count, lambda column: column[order])

    def each(self, count: int, change: Callable[[Column], Column]) -> "Table":
        """The table with every column changed alike."""
        columns = {name: change(column) for name, column in self.columns.items()}
        return Table(columns, count, {name: change(mask) for name, mask in self.declared.items()})


def stack(tables: Sequence[Table], missing: Mapping[str, Any]) -> Table:
    """The rows of all tables one after the other; a name that one lacks takes its value of `missing`.

    One without a value there takes in these rows what its declaration derives.
    """
    names = list(dict.fromkeys(name for table in tables for name in table.columns))
    columns = {}
    for name in names:
        parts = [
            table.columns[name] if name in table.columns else np.full(table.count, missing.get(name, np.nan))
            for table in tables
        ]
        text = any(part.dtype.kind in "OU" for part in parts)
        columns[name] = np.concatenate([part.astype(object) for part in parts] if text else parts)
    derived = {
        name: np.concatenate([_declared(table, name, missing) for table in tables])
        for name in names
        if any(_declared(table, name, missing).any() for table in tables)
    }
    return Table(columns, sum(table.count for table in tables), derived)


def _declared(table: Table, name: str, missing: Mapping[str, Any]) -> NDArray[np.bool_]:
    lacks = name not in table.columns and name not in missing
    return table.declared.get(name, np.full(table.count, lacks))


def words(seed: int, count: int) -> NDArray[np.uint64]:
    """Raw 64-bit words of PCG64; numpy promises this stream, and not that of its distributions."""
    return np.asarray(np.random.PCG64(seed).random_raw(count), dtype=np.uint64)


def uniform(seed: int, count: int) -> NDArray[np.float64]:
    """Numbers in [0, 1), from the upper 53 bits of each word."""
    return (words(seed, count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def shuffled(seed: int, count: int) -> NDArray[np.intp]:
    """A permutation: the stable order of random words."""
    return np.argsort(words(seed, count), kind="stable")
