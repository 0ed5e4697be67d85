"""From a filter of polars to the rows that SQL may leave out.

A filter is taken apart at its `and`s. A part over columns of a small table (attempts, channels, statuses) is
evaluated on that table; one that compares a column with a constant bounds it. Whatever is not understood
leaves nothing out, and the rows are filtered by polars once more: a mistake here could cost time, never rows.
Only public means of polars are used: a part is recognised by building it anew from its operands.
"""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Literal

import polars as pl

Bounds = dict[str, tuple[float | int | None, float | int | None]]
_ENDS: tuple[Literal["both", "left", "right", "none"], ...] = ("both", "left", "right", "none")
_LEAST: tuple[Callable[[pl.Expr, pl.Expr], pl.Expr], ...] = (operator.ge, operator.gt, operator.eq)
_MOST: tuple[Callable[[pl.Expr, pl.Expr], pl.Expr], ...] = (operator.le, operator.lt, operator.eq)


def parts(condition: pl.Expr | None) -> list[pl.Expr]:
    """The conditions that must all hold."""
    if condition is None:
        return []
    operands = _operands(condition)
    if len(operands) == 2:
        one, other = operands
        if condition.meta.eq(one & other) or condition.meta.eq(other & one):
            return [*parts(other), *parts(one)]
    return [condition]


def kept(table: pl.DataFrame, conditions: Sequence[pl.Expr]) -> pl.DataFrame:
    """The rows of a small table that the conditions over its columns alone can keep."""
    for condition in conditions:
        names = condition.meta.root_names()
        if names and set(names) <= set(table.columns):
            table = table.filter(condition)
    return table


def bounds(conditions: Sequence[pl.Expr]) -> Bounds:
    """Lowest and highest value of columns, both included, that the conditions can keep."""
    found: Bounds = {}
    for condition in conditions:
        names = condition.meta.root_names()
        if len(names) != 1:
            continue
        low, high = _range(condition, pl.col(names[0]))
        old_low, old_high = found.get(names[0], (None, None))
        found[names[0]] = (_tighter(max, old_low, low), _tighter(min, old_high, high))
    return {name: pair for name, pair in found.items() if pair != (None, None)}


def _range(condition: pl.Expr, column: pl.Expr) -> tuple[float | int | None, float | int | None]:
    constants = [each for each in _operands(condition) if not each.meta.root_names()]
    if len(constants) == 1:
        (constant,) = constants
        value = _number(constant)
        least = any(condition.meta.eq(compare(column, constant)) for compare in _LEAST)
        most = any(condition.meta.eq(compare(column, constant)) for compare in _MOST)
        return (value if least else None), (value if most else None)
    if len(constants) == 2:
        for low, high in (constants, constants[::-1]):
            if any(condition.meta.eq(column.is_between(low, high, closed=end)) for end in _ENDS):
                return _number(low), _number(high)
    return None, None


def _operands(condition: pl.Expr) -> list[pl.Expr]:
    try:
        return condition.meta.pop()
    except pl.exceptions.PolarsError:  # a kind of expression that cannot be taken apart
        return []


def _number(constant: pl.Expr) -> float | int | None:
    """A constant as a number, an instant as nanoseconds; None for anything else."""
    value = pl.select(constant.alias("it")).to_series()
    if value.dtype.is_temporal() and isinstance(value.dtype, pl.Datetime):
        value = value.dt.cast_time_unit("ns").to_physical()
    if len(value) != 1 or not value.dtype.is_numeric():
        return None
    number: float | int | None = value.item()
    return number if number is not None and math.isfinite(number) else None


def _tighter(
    choose: Callable[..., float | int], one: float | int | None, other: float | int | None
) -> float | int | None:
    known = [each for each in (one, other) if each is not None]
    return choose(known) if known else None
