"""What an attribute or an argument takes: the check that stands before every wire."""

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.model import Attribute, Command, CommandParameter, ValueType, as_limited

# A value that was computed may stand a last digit beyond a limit that was written.
_SLACK = 1e-9


class RefusedValueError(ValueError):
    """A value that is not taken; `help` says what is."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message}; {self.help}"


def accepted(target: Attribute | CommandParameter, value: Any) -> Any:
    """The value as `target` takes it, in its unit. Raises `RefusedValueError`."""
    match target.type:
        case ValueType.FLOAT | ValueType.INT:
            return _within(target, _number(target, value))
        case ValueType.BOOL:
            if isinstance(value, bool) or value in (0, 1):
                return bool(value)
            raise RefusedValueError(f"{target.name} takes on or off, not {value!r}")
        case ValueType.OPTION:
            return _option(target.name, value, target.options)
        case ValueType.TEXT:
            if isinstance(value, str):
                return value
            raise RefusedValueError(f"{target.name} takes a text, not {value!r}")
        case _:
            raise RefusedValueError(f"{target.name} cannot be set")


def accepted_arguments(command: Command, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments as a command takes them. Raises `RefusedValueError`."""
    known = {parameter.name: parameter for parameter in command.parameters}
    for name in arguments:
        if name not in known:
            raise RefusedValueError(f"there is no argument '{name}'")
    for name, parameter in known.items():
        if parameter.required and name not in arguments:
            raise RefusedValueError(f"the argument '{name}' is missing")
    return {name: accepted(known[name], value) for name, value in arguments.items()}


def _number(target: Attribute | CommandParameter, value: Any) -> float | int:
    if isinstance(value, bool) or not isinstance(value, Real):
        raise RefusedValueError(f"{target.name} takes a number, not {value!r}")
    try:
        number = float(value)
    except OverflowError:
        raise RefusedValueError(f"{target.name} takes no number as large as that") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise RefusedValueError(f"{target.name} cannot be {number}")
    if target.type is not ValueType.INT:
        return number
    if abs(number - round(number)) > _SLACK * max(1.0, abs(number)):
        raise RefusedValueError(f"{target.name} takes whole numbers, not {number:.12g}")
    return round(number)


def _within(target: Attribute | CommandParameter, number: float | int) -> float | int:
    slack = _SLACK * max(1.0, abs(number))
    if target.low is not None and number < target.low - slack:
        raise RefusedValueError(f"{shown(number, target)} is below the limit {shown(target.low, target)}")
    if target.high is not None and number > target.high + slack:
        raise RefusedValueError(f"{shown(number, target)} is above the limit {shown(target.high, target)}")
    return number


def _option(name: str, value: Any, options: Sequence[str]) -> str:
    if isinstance(value, str) and value in options:
        return value
    raise RefusedValueError(
        f"{name} has no option {value!r}", did_you_mean(str(value), options, what="options")
    )


def shown(number: float, target: Attribute | CommandParameter) -> str:
    """A number with the unit of its limits, else of its attribute, for messages."""
    value, unit = as_limited(target, number)
    return f"{value:.12g} {unit}".rstrip()
