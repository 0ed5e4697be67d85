"""One number out of a stretch of valid readings, in SI.

The number is worked out in the unit of the channel and converted last, so that an offset (degC) costs no
digits: a spread and a slope are differences and take no offset. None: the readings give no such number. Times
are when readings were requested.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.expression import Unit

Times = NDArray[np.int64]
Values = NDArray[Any]
Scalar = float | bool | str

_PLAIN = Unit("")


def figure_of(function: str, times_ns: Times, values: Values, unit: Unit | None) -> Scalar | None:
    """The figure `function` of readings in the order they were made; `at` is chosen by the caller.

    `values` are float64, bool, or objects (texts, arrays), which can only be counted or picked out.
    """
    if function == "count":
        return float(len(values))
    if not len(values):
        return None
    if function in _PICKED:
        return _in_si(values[_PICKED[function]], unit)
    with np.errstate(all="ignore"):
        number = _WORKED_OUT[function](times_ns, values.astype(np.float64, copy=False), unit or _PLAIN)
    return None if number is None or np.isnan(number) else float(number)


def _in_si(value: Any, unit: Unit | None) -> Scalar | None:
    """One reading as it was made; an array is no value that can be calculated with."""
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, str):
        return value
    if isinstance(value, np.ndarray):
        return None
    return float(value) if unit is None else float(unit.to_si(float(value)))


def _mean(times_ns: Times, values: Values, unit: Unit) -> float:
    return unit.to_si(float(np.mean(values)))


def _min(times_ns: Times, values: Values, unit: Unit) -> float:
    return unit.to_si(float(np.min(values)))


def _max(times_ns: Times, values: Values, unit: Unit) -> float:
    return unit.to_si(float(np.max(values)))


def _std(times_ns: Times, values: Values, unit: Unit) -> float:
    """Root of the mean squared deviation, as `numpy.std`: divided by n, 0 for one reading."""
    return float(np.std(values)) * unit.factor


def _integral(times_ns: Times, values: Values, unit: Unit) -> float | None:
    """Trapezoids between readings; one reading spans no time."""
    if len(values) < 2:
        return None
    steps_s = np.diff(times_ns) * 1e-9
    area = float(np.sum((values[1:] + values[:-1]) * steps_s)) / 2
    return area * unit.factor + unit.offset * float(times_ns[-1] - times_ns[0]) * 1e-9


def _slope(times_ns: Times, values: Values, unit: Unit) -> float | None:
    """Straight line by least squares, per second; it takes two instants."""
    times_s = (times_ns - times_ns[0]) * 1e-9
    times_s -= times_s.mean()
    spread = float(times_s @ times_s)
    if not spread:
        return None
    return float(times_s @ (values - values.mean())) / spread * unit.factor


_PICKED = {"first": 0, "last": -1, "value": -1, "at": 0}
_WORKED_OUT: dict[str, Callable[[Times, Values, Unit], float | None]] = {
    "mean": _mean,
    "min": _min,
    "max": _max,
    "std": _std,
    "integral": _integral,
    "slope": _slope,
}
