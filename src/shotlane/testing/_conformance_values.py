"""What a sound declaration and a sound reading are, for the conformance checks."""

from numbers import Integral, Real
from typing import Any

import numpy as np

from shotlane.instruments import Reading
from shotlane.model import Attribute, Command, CommandParameter, Keep, ValueType

_NUMBERS = (ValueType.FLOAT, ValueType.INT)


def assert_declared(name: str, attribute: Attribute) -> None:
    """An attribute is named as its key, can be used, and its parts agree."""
    assert isinstance(attribute, Attribute), f"{name} is {attribute!r} and no Attribute"
    assert attribute.name == name, f"the attribute '{name}' calls itself '{attribute.name}'"
    assert name, "an attribute has no name"
    assert attribute.readable or attribute.writable, f"{name} can neither be read nor set"
    _assert_bounds(name, attribute)
    if attribute.safe is not None:
        assert attribute.writable, f"{name} cannot be set, and has a safe value"
    if not isinstance(attribute.safe, Keep | None) and attribute.type in _NUMBERS:
        assert not list(_outside(attribute, attribute.safe)), f"the safe value of {name} is out of its limits"


def assert_command(name: str, command: Command) -> None:
    """A command is named as its key, and so are its arguments, each once."""
    assert isinstance(command, Command), f"{name} is {command!r} and no Command"
    assert command.name == name, f"the command '{name}' calls itself '{command.name}'"
    names = [parameter.name for parameter in command.parameters]
    assert len(names) == len(set(names)), f"{name} has two arguments of one name"
    for parameter in command.parameters:
        _assert_bounds(f"{name}({parameter.name})", parameter)


def assert_reading(name: str, reading: Any, attribute: Attribute) -> None:
    """A reading has a value of the declared type, or says why it has none."""
    assert isinstance(reading, Reading), f"{name}: read() gave {reading!r} and no Reading"
    assert reading.fault is None, f"{name}: {reading.fault.message}" if reading.fault else ""
    if reading.value is None:
        assert reading.raw is not None, f"{name} has no value, and `raw` does not say what was answered"
        return
    wanted = attribute.type.value
    assert _is_of(reading.value, attribute), f"{name} is declared {wanted}, and reads {reading.value!r}"


def example(attribute: Attribute, read: Any) -> Any:
    """A value that may surely be set: the safe one, else the one that is read; None when there is none."""
    if attribute.safe is not None and not isinstance(attribute.safe, Keep):
        return attribute.safe
    if attribute.type is ValueType.ARRAY or (
        attribute.type in _NUMBERS and (read is None or list(_outside(attribute, read)))
    ):
        return None
    return read


def beyond(attribute: Attribute) -> list[Any]:
    """Values that an attribute does not take, by its own declaration."""
    if not attribute.writable:
        return []
    if attribute.type is ValueType.OPTION:
        return ["no such option"]
    if attribute.type not in _NUMBERS:
        return []
    values: list[Any] = [float("nan"), "a text"]
    if attribute.low is not None:
        values.append(attribute.low - max(1.0, abs(attribute.low)))
    if attribute.high is not None:
        values.append(attribute.high + max(1.0, abs(attribute.high)))
    return values


def _assert_bounds(name: str, item: Attribute | CommandParameter) -> None:
    assert isinstance(item.type, ValueType), f"the type of {name} is {item.type!r}"
    if item.type is ValueType.OPTION:
        assert item.options, f"{name} has no options"
        assert len(set(item.options)) == len(item.options), f"{name} has an option twice"
    else:
        assert not item.options, f"{name} has options, and its type is {item.type.value}"
    if item.type not in _NUMBERS:
        assert item.low is None, f"{name} is {item.type.value} and has limits"
        assert item.high is None, f"{name} is {item.type.value} and has limits"
    if item.low is not None and item.high is not None:
        assert item.low <= item.high, f"the lower limit of {name} is above the upper one"


def _outside(attribute: Attribute, value: Any) -> list[str]:
    found = []
    if attribute.low is not None and value < attribute.low:
        found.append("below")
    if attribute.high is not None and value > attribute.high:
        found.append("above")
    return found


def _is_of(value: Any, attribute: Attribute) -> bool:
    match attribute.type:
        case ValueType.FLOAT:
            return isinstance(value, Real) and not isinstance(value, bool)
        case ValueType.INT:
            return isinstance(value, Integral) and not isinstance(value, bool)
        case ValueType.BOOL:
            return isinstance(value, bool)
        case ValueType.OPTION:
            return value in attribute.options
        case ValueType.TEXT:
            return isinstance(value, str)
        case _:
            return isinstance(value, np.ndarray) and value.ndim >= 1
