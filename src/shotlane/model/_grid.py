"""The values that an alias can have: those of the steps of what it stands for, in its unit or by its table.

An alias is rounded where its attribute is, so that plan, store and device agree on what is set.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.expression import Unit, tidy

Floats = NDArray[np.float64]

_SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Grid:
    """Multiples of `step` of an attribute from `low` to `high`, as its alias says them; None: no bound.

    `raw_unit` and `unit`: of the attribute and of the alias. `raws` and `values`: the points of its table,
    `raws` rising; empty where units alone lie between.
    """

    step: float
    raw_unit: Unit | None = None
    unit: Unit | None = None
    raws: tuple[float, ...] = ()
    values: tuple[float, ...] = ()
    low: float | None = None
    high: float | None = None

    @property
    def is_empty(self) -> bool:
        """Whether no multiple of the step lies between the bounds."""
        first, last = self._ends()
        return first > last

    def nearest(self, values: Any) -> Floats:
        """Values of the alias as they are really set; those beyond its bounds stay what they are."""
        array = np.asarray(values, dtype=np.float64)
        raws = self._raw(array)
        return np.where(self._within(array, raws), self._value(self.on_step(raws)), array)

    def on_step(self, raws: Any) -> Floats:
        """Numbers of the attribute, each at the nearest multiple between the bounds."""
        # Rounded before, so that half a step does not depend on the last bit of a conversion.
        number = np.rint(tidy(np.asarray(raws, dtype=np.float64)) / self.step)
        return tidy(np.clip(number, *self._ends()) * self.step)

    def _ends(self) -> tuple[float, float]:
        first, last = -np.inf, np.inf
        if self.low is not None:
            first = float(np.ceil((self.low - _slack(self.low)) / self.step))
        if self.high is not None:
            last = float(np.floor((self.high + _slack(self.high)) / self.step))
        return first, last

    def _within(self, values: Floats, raws: Floats) -> NDArray[np.bool_]:
        within = np.isfinite(values)
        if self.raws:
            low, high = min(self.values), max(self.values)
            within &= (values >= low - _slack(low)) & (values <= high + _slack(high))
        if self.low is not None:
            within &= raws >= self.low - _slack(self.low)
        if self.high is not None:
            within &= raws <= self.high + _slack(self.high)
        return within

    def _raw(self, values: Floats) -> Floats:
        if self.raws:
            rising = self.values[0] < self.values[-1]
            ys, xs = (self.values, self.raws) if rising else (self.values[::-1], self.raws[::-1])
            return np.asarray(np.interp(values, ys, xs))
        assert self.raw_unit is not None
        assert self.unit is not None
        return np.asarray(self.raw_unit.from_si(self.unit.to_si(values)))

    def _value(self, raws: Floats) -> Floats:
        if self.raws:
            return tidy(np.asarray(np.interp(raws, self.raws, self.values)))
        assert self.raw_unit is not None
        assert self.unit is not None
        return tidy(np.asarray(self.unit.from_si(self.raw_unit.to_si(raws))))


def _slack(bound: float) -> float:
    return _SLACK * max(1.0, abs(bound))
