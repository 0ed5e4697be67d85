"""From the number that a device says to the value that is meant, and back; numbers in their units.

A conversion never guesses: outside of its table, and where an expression gives no finite number, there is
none.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, Protocol

from shotlane.expression import Expression, Unit, tidy
from shotlane.model import Grid


class Conversion(Protocol):
    """Both directions; None where there is no value."""

    def value(self, raw: Any) -> Any:
        """What is meant by what the device says."""

    def raw(self, value: Any) -> Any:
        """What the device must be told."""


@dataclass(frozen=True, slots=True)
class Linear:
    """value = raw * factor + offset."""

    factor: float
    offset: float = 0.0

    def value(self, raw: Any) -> Any:
        """What is meant."""
        return tidy(raw * self.factor + self.offset)

    def raw(self, value: Any) -> Any:
        """What is told."""
        return tidy((value - self.offset) / self.factor)


@dataclass(frozen=True, slots=True)
class Table:
    """Straight lines between points; `raws` rise, `values` rise or fall where it must be set."""

    raws: tuple[float, ...]
    values: tuple[float, ...]

    def value(self, raw: Any) -> Any:
        """What is meant; None outside."""
        return _between(raw, self.raws, self.values)

    def raw(self, value: Any) -> Any:
        """What is told; None outside."""
        if self.values[0] > self.values[-1]:
            return _between(value, self.values[::-1], self.raws[::-1])
        return _between(value, self.values, self.raws)


@dataclass(frozen=True, slots=True)
class Formula:
    """Expressions of `raw` and of `value`; without the second it cannot be set."""

    expression: Expression
    inverse: Expression | None
    raw_unit: Unit
    unit: Unit

    def value(self, raw: Any) -> Any:
        """What is meant."""
        return _evaluated(self.expression, "raw", raw, self.raw_unit, self.unit)

    def raw(self, value: Any) -> Any:
        """What is told."""
        if self.inverse is None:
            return None
        return _evaluated(self.inverse, "value", value, self.unit, self.raw_unit)


@dataclass(frozen=True, slots=True)
class Inverted:
    """True and false exchanged."""

    def value(self, raw: Any) -> Any:
        """The other one."""
        return not raw

    def raw(self, value: Any) -> Any:
        """The other one."""
        return not value


@dataclass(frozen=True, slots=True)
class Same:
    """Another name for the same."""

    def value(self, raw: Any) -> Any:
        """As it is."""
        return raw

    def raw(self, value: Any) -> Any:
        """As it is."""
        return value


@dataclass(frozen=True, slots=True)
class InUnit:
    """The same quantity in another unit."""

    raw_unit: Unit
    unit: Unit

    def value(self, raw: Any) -> Any:
        """In our unit."""
        return tidy(self.unit.from_si(self.raw_unit.to_si(raw)))

    def raw(self, value: Any) -> Any:
        """In the device's."""
        return tidy(self.raw_unit.from_si(self.unit.to_si(value)))


@dataclass(frozen=True, slots=True)
class OnGrid:
    """A conversion that tells the device multiples of its step alone, as its own name is told."""

    conversion: Conversion
    grid: Grid

    def value(self, raw: Any) -> Any:
        """What is meant."""
        return self.conversion.value(raw)

    def raw(self, value: Any) -> Any:
        """What is told."""
        raw = self.conversion.raw(value)
        return None if raw is None else float(self.grid.on_step(raw))


@dataclass(frozen=True, slots=True)
class View:
    """An attribute as a converted one of another name, or of the same."""

    target: str
    conversion: Conversion


def _between(x: float, xs: Sequence[float], ys: Sequence[float]) -> float | None:
    slack = 1e-9 * max(1.0, abs(x))
    if not xs[0] - slack <= x <= xs[-1] + slack:
        return None
    at = min(max(bisect_left(xs, x), 1), len(xs) - 1)
    part = (min(max(x, xs[0]), xs[-1]) - xs[at - 1]) / (xs[at] - xs[at - 1])
    return tidy(ys[at - 1] + part * (ys[at] - ys[at - 1]))


def _evaluated(expression: Expression, name: str, number: float, unit: Unit, wanted: Unit) -> float | None:
    result = float(expression.evaluate({name: float(unit.to_si(number))}))
    return tidy(float(wanted.from_si(result))) if isfinite(result) else None
