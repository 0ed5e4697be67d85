"""Rounding away what binary floats add to decimal numbers.

Scalars and arrays are rounded by the same operations, so that a column equals its points bit for bit.
"""

from bisect import bisect_right
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

DIGITS: Final = 12

# Between these bounds every power of ten that is used is an exact float, and so is the rounded integer:
# one correctly rounded division then gives the float nearest to the decimal number.
_LOW_EXPONENT: Final = DIGITS - 1 - 22
_HIGH_EXPONENT: Final = 22
_POWERS: Final = tuple(float(f"1e{k}") for k in range(_LOW_EXPONENT, _HIGH_EXPONENT + 1))
_POWERS_ARRAY: Final = np.array(_POWERS)
_SCALES: Final = tuple(float(f"1e{abs(DIGITS - 1 - k)}") for k in range(_LOW_EXPONENT, _HIGH_EXPONENT + 1))
_SCALES_ARRAY: Final = np.array(_SCALES)
_SPLIT: Final = DIGITS - 1 - _LOW_EXPONENT  # index of the first exponent that needs a division


@overload
def tidy(value: float) -> float: ...
@overload
def tidy(value: NDArray[Any]) -> NDArray[np.float64]: ...
def tidy(value: float | NDArray[Any]) -> float | NDArray[np.float64]:
    """Round to 12 significant digits; nan and infinities stay."""
    return _tidy_array(value) if isinstance(value, np.ndarray) else _tidy_scalar(float(value))


def _by_text(value: float) -> float:
    return float(f"{value:.{DIGITS - 1}e}")


def _tidy_scalar(value: float) -> float:
    size = abs(value)
    index = bisect_right(_POWERS, size) - 1
    if not 0 <= index < len(_POWERS) - 1:
        return _by_text(value)
    scale = _SCALES[index]
    if index <= _SPLIT:
        return round(value * scale) / scale
    return round(value / scale) * scale


def _tidy_array(values: NDArray[Any]) -> NDArray[np.float64]:
    values = np.asarray(values, dtype=np.float64)
    with np.errstate(all="ignore"):
        index = np.searchsorted(_POWERS_ARRAY, np.abs(values), side="right") - 1
        usual = (index >= 0) & (index < len(_POWERS) - 1)
        scale = _SCALES_ARRAY[np.where(usual, index, 0)]
        rounded = np.where(index <= _SPLIT, np.rint(values * scale) / scale, np.rint(values / scale) * scale)
    if not usual.all():
        rest = ~usual
        rounded[rest] = [_by_text(float(value)) for value in values[rest]]
    return np.asarray(rounded)
