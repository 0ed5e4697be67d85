"""The functions of an expression: how many arguments they take and how they are evaluated.

Scalars and columns go through the same numpy loop, so that a column equals its points bit for bit: a scalar
is evaluated as a column of two, because numpy takes other ways for a column of one, and columns are made
contiguous, because it takes other ways for strided ones. `min` and `max` are choices, since numpy's own may
return either zero of -0.0 and 0.0.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Column = NDArray[Any] | np.float64
_PAIR: Final = 2


def through_columns(loop: Callable[..., Any]) -> Callable[..., Any]:
    """A numpy function that gives the same bits for a scalar as inside a column."""

    def call(*arguments: Any) -> Any:
        shape = np.broadcast_shapes(*(np.shape(argument) for argument in arguments))
        if not shape:
            return loop(*(np.full(_PAIR, argument, dtype=np.float64) for argument in arguments))[0]
        columns = [np.ascontiguousarray(np.broadcast_to(argument, shape)) for argument in arguments]
        if columns[0].size == 1:
            return loop(*(np.full(_PAIR, column.item()) for column in columns))[:1].reshape(shape)
        return loop(*columns)

    return call


def _smaller(a: Column, b: Column) -> Any:
    return _chosen((a <= b) | np.isnan(a), a, b)


def _larger(a: Column, b: Column) -> Any:
    return _chosen((a >= b) | np.isnan(a), a, b)


def _chosen(first: Any, a: Column, b: Column) -> Any:
    """Pointwise choice; a scalar stays one."""
    return np.where(first, a, b)[()]


def _clip(value: Column, low: Column, high: Column) -> Any:
    return _smaller(_larger(value, low), high)


def power(base: Column, exponent: Column) -> Any:
    """Powers. numpy's operator has short cuts for some scalar exponents, so it is not used."""
    return _general_power(base, exponent)


_general_power: Final = through_columns(np.power)


@dataclass(frozen=True, slots=True)
class Function:
    """`most` None: any number of arguments."""

    call: Callable[..., Any]
    least: int = 1
    most: int | None = 1


TABLE: Final[dict[str, Function]] = {
    "sin": Function(through_columns(np.sin)),
    "cos": Function(through_columns(np.cos)),
    "tan": Function(through_columns(np.tan)),
    "asin": Function(through_columns(np.arcsin)),
    "acos": Function(through_columns(np.arccos)),
    "atan": Function(through_columns(np.arctan)),
    "atan2": Function(through_columns(np.arctan2), 2, 2),
    "exp": Function(through_columns(np.exp)),
    "log": Function(through_columns(np.log)),
    "log10": Function(through_columns(np.log10)),
    "sqrt": Function(through_columns(np.sqrt)),
    "abs": Function(np.abs),
    "min": Function(lambda *values: reduce(_smaller, values), 2, None),
    "max": Function(lambda *values: reduce(_larger, values), 2, None),
    "floor": Function(np.floor),
    "ceil": Function(np.ceil),
    "round": Function(np.rint),
    "clip": Function(_clip, 3, 3),
    "sign": Function(through_columns(np.sign)),
    "hypot": Function(through_columns(np.hypot), 2, 2),
    "mod": Function(through_columns(np.mod), 2, 2),
}
