"""What a foreign driver gave as a reading of its declared type.

A value of another type is never bent into it: it is a reading without a value, with what was given as text.
"""

from numbers import Integral, Real
from typing import Any

import numpy as np

from shotlane.instruments.definition._contract import Reading
from shotlane.model import Attribute, ValueType


def as_declared(found: Any, attribute: Attribute) -> Reading:
    """A reading, or a bare value, as the attribute has it."""
    reading = found if isinstance(found, Reading) else Reading(found)
    if reading.fault is not None or reading.value is None:
        return reading if reading.fault is not None or reading.raw is not None else Reading(None, "None")
    value = _value(reading.value, attribute)
    return Reading(None, reading.raw or str(reading.value)) if value is None else Reading(value, reading.raw)


def _value(value: Any, attribute: Attribute) -> Any:
    if isinstance(value, np.ndarray) and value.ndim == 0:
        value = value.item()
    match attribute.type:
        case ValueType.FLOAT:
            return float(value) if _is_number(value) else None
        case ValueType.INT:
            return int(value) if _is_number(value) and float(value).is_integer() else None
        case ValueType.BOOL:
            return _boolean(value)
        case ValueType.OPTION:
            text = _text(value)
            return text if text in attribute.options else None
        case ValueType.TEXT:
            return _text(value)
        case _:
            return _array(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_)


def _boolean(value: Any) -> bool | None:
    if isinstance(value, bool | np.bool_):
        return bool(value)
    return bool(value) if isinstance(value, Integral) and value in (0, 1) else None


def _text(value: Any) -> str | None:
    """A text, or the name of a member of an enumeration whose values are texts."""
    inner = getattr(value, "value", value)
    return str(inner) if isinstance(inner, str) else None


def _array(value: Any) -> np.ndarray[Any, np.dtype[np.float64]] | None:
    try:
        array = np.asarray(value, dtype=np.float64)
    except (TypeError, ValueError):
        return None
    return array if array.ndim >= 1 else None
