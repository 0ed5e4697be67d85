"""Values as a person or a script writes them: `60 degC` as text, or plain in the unit of what takes it."""

from functools import lru_cache
from typing import Any

from shotlane.expression import NUMBER, ExpressionError, Unit, expected, parse, tidy
from shotlane.instruments.definition._accept import RefusedValueError, accepted
from shotlane.model import Attribute, CommandParameter, ScalarValue, ValueType

_BOOLEANS = {"on": True, "off": False, "true": True, "false": False, "1": True, "0": False}
_NUMBERS = (ValueType.FLOAT, ValueType.INT)


def written_value(target: Attribute | CommandParameter, written: Any) -> ScalarValue:
    """The value in the unit and within the limits of what takes it, as its resolution lets it be set.

    Raises `RefusedValueError`.
    """
    if isinstance(written, str) and target.type in _NUMBERS:
        written = _number(written, target.unit)
    elif isinstance(written, str) and target.type is ValueType.BOOL:
        written = _truth(target.name, written)
    value: ScalarValue = accepted(target, written)
    grid = target.grid if isinstance(target, Attribute) else None
    if grid is not None and not isinstance(value, str | bool):
        return float(grid.nearest(value))
    step = target.resolution if isinstance(target, Attribute) else None
    if not step or isinstance(value, str | bool):
        return value
    return tidy(round(value / step) * step)


def _truth(name: str, text: str) -> bool:
    if text.lower() not in _BOOLEANS:
        raise RefusedValueError(f"{name} takes on or off, not '{text}'")
    return _BOOLEANS[text.lower()]


# A script writes the same texts again and again, and reading one takes 100 us.
@lru_cache(maxsize=512)
def _number(text: str, unit: Unit | None) -> float:
    try:
        expression = parse(text)
        found = expression.infer({})
    except ExpressionError as error:
        fault = error.faults[0]
        raise RefusedValueError(fault.message, fault.help) from error
    complaint = expected(unit.type if unit else NUMBER, found, text=text, unit=unit)
    if complaint is not None:
        raise RefusedValueError(*complaint)
    value = float(expression.evaluate({}))  # without names it is one number
    return tidy(unit.from_si(value)) if unit else tidy(value)
