"""Between the fields of a reply and the values of attributes, both ways.

A field that says none of what its attribute can be is a reading without a value, with its text. Numbers are
those on the wire * scale + offset.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from shotlane.instruments.definition._contract import Reading
from shotlane.instruments.dialogue._scpi import is_overload, without_overloads
from shotlane.instruments.dialogue._template import Field
from shotlane.model import InstrumentAttribute, InstrumentDocument, ValueType

_TRUE: Final = ("1", "true", "on", "yes")
_FALSE: Final = ("0", "false", "off", "no")
Codes = Mapping[str, Any] | Sequence[str] | None


class Decoder:
    """Decodes the fields of one document."""

    def __init__(self, document: InstrumentDocument) -> None:
        self._overloads = document.protocol == "scpi"
        self._missing = frozenset(document.missing or ())

    def reading(self, found: Field, type_: ValueType, declared: InstrumentAttribute) -> Reading:
        """A field as a value of its attribute; no value where it is none of the known texts."""
        if found.value is None or found.raw in self._missing or found.raw in (declared.missing or ()):
            return Reading(None, found.raw)
        match type_:
            case ValueType.FLOAT | ValueType.INT:
                return self._number(found, declared, whole=type_ is ValueType.INT)
            case ValueType.BOOL:
                return _boolean(found.raw, declared.options)
            case ValueType.OPTION:
                return _option(found.raw, declared.options)
            case ValueType.ARRAY:
                return self._array(found, declared)
            case _:
                return Reading(found.raw)

    def _number(self, found: Field, declared: InstrumentAttribute, *, whole: bool) -> Reading:
        number = _as_number(found.value)
        if number is None or not np.isfinite(number) or (self._overloads and is_overload(number)):
            return Reading(None, found.raw)
        if whole:
            exact = found.value if isinstance(found.value, int) else number
            return Reading(round(exact if _unscaled(declared) else _scaled(number, declared)))
        return Reading(float(_scaled(number, declared)))

    def _array(self, found: Field, declared: InstrumentAttribute) -> Reading:
        if not isinstance(found.value, np.ndarray):
            return Reading(None, found.raw)
        array: NDArray[Any] = found.value
        if self._overloads and array.dtype.kind == "f":
            array = without_overloads(array)
        if not _unscaled(declared):
            factor, shift = _scaling(declared)
            array = array.astype(np.float64) * factor + shift
        return Reading(array)


def on_wire(value: Any, declared: InstrumentAttribute) -> Any:
    """What is written for a value of an attribute; of an array, what a device sends."""
    if isinstance(value, np.ndarray) and not _unscaled(declared):
        factor, shift = _scaling(declared)
        return np.round((value - shift) / factor, 9)
    if isinstance(value, int | float) and not isinstance(value, bool) and not _unscaled(declared):
        factor, shift = _scaling(declared)
        return float(f"{(value - shift) / factor:.12g}")
    return coded(declared.options, value)


def coded(options: Codes, value: Any) -> Any:
    """What is written for a value: the code of an option, 1 and 0 for a boolean without codes."""
    if isinstance(options, Mapping):
        name = str(value).lower() if isinstance(value, bool) else str(value)
        return options.get(name, value)
    return int(value) if isinstance(value, bool) else value


def _unscaled(declared: InstrumentAttribute) -> bool:
    return declared.scale is None and declared.offset is None


def _scaling(declared: InstrumentAttribute) -> tuple[float, float]:
    return float(1 if declared.scale is None else declared.scale), float(declared.offset or 0)


def _scaled(number: float, declared: InstrumentAttribute) -> float:
    if _unscaled(declared):
        return number
    factor, shift = _scaling(declared)
    return float(f"{number * factor + shift:.12g}")


def _boolean(raw: str, options: Codes) -> Reading:
    named = _option(raw, options) if isinstance(options, Mapping) else Reading(raw)
    text = str(named.value).lower()
    if text in _TRUE or text in _FALSE:
        return Reading(text in _TRUE)
    number = None if isinstance(options, Mapping) else _as_number(raw)
    return Reading(bool(number)) if number in (0, 1) else Reading(None, raw)


def _option(raw: str, options: Codes) -> Reading:
    """The option whose code stands there; codes are compared as text, then as numbers."""
    codes = options if isinstance(options, Mapping) else {name: name for name in options or ()}
    for name, code in codes.items():
        if raw == str(code):
            return Reading(name)
    number = _as_number(raw)
    for name, code in codes.items():
        if number is not None and number == _as_number(str(code)):
            return Reading(name)
    return Reading(None, raw)


def _as_number(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
