"""A sweep whose points are asked for shot by shot: what is searched, and one point that was asked for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._parameters import Parameters
from shotlane.plan._plan import Value
from shotlane.plan._points import Table


@dataclass(frozen=True, slots=True)
class Search:
    """What is searched over: a range of a number in the unit of its column, or choices.

    `start` lies in it.
    """

    name: str
    start: Value
    low: float | None = None
    high: float | None = None
    choices: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Optimization:
    """An optimiser looks for the best value of a result, at every point of the axes above it.

    It asks for `shots` points in a row.
    """

    result: str
    maximize: bool
    over: tuple[Search, ...]
    shots: int
    seed: int

    def told(self) -> list[Any]:
        """What of it belongs to the digest of a plan, JSON-able."""
        over = [[search.name, search.low, search.high, list(search.choices)] for search in self.over]
        return [self.result, self.maximize, over, self.shots, self.seed]

    @property
    def start(self) -> dict[str, Value]:
        """Where each optimisation begins."""
        return {search.name: search.start for search in self.over}


@dataclass(frozen=True, slots=True)
class AskedPoint:
    """One point to compile in place of the whole sweep: shot `number` of its table, with values asked for.

    `texts`: those of the plan that the shot belongs to, so that the same number means the same text.
    """

    number: int
    values: Mapping[str, Value]
    texts: tuple[str, ...]

    def of(self, table: Table, parameters: Parameters) -> Table:
        """The row of the table, with the values in SI."""
        row = table.keep(np.arange(table.count) == self.number - 1)
        asked = {name: value_column(value, parameters, name) for name, value in self.values.items()}
        return Table({**row.columns, **asked}, 1, row.declared)


def value_column(value: Value, parameters: Parameters, name: str, count: int = 1) -> NDArray[Any]:
    """A value in the unit of its column as a column in SI."""
    unit = parameters.units.get(name)
    if isinstance(value, str):
        return np.full(count, value, dtype=object)
    if isinstance(value, bool) or value is None:
        return np.full(count, value)
    return np.full(count, unit.to_si(float(value)) if unit is not None else float(value))
