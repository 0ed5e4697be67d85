"""What a script holds of an instrument: the same face in the session's own process and in any other."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from shotlane.instruments import Definition
from shotlane.model import Attribute, Command, CommandParameter
from shotlane.sessions._gate import Gate


class Handle(ABC):
    """An open instrument of a session. Callable from any thread; those of one port wait for each other.

    Raises `InstrumentError` for a fault of the instrument or its wire, `RefusedValueError` (a `ValueError`)
    for a value outside of its limits or in a wrong unit, and `SessionError` for a wrong name; the last two
    before anything is sent.
    """

    def __init__(self, role: str) -> None:
        self.role = role

    def read(self, name: str, *more: str, unit: str | None = None) -> Any:
        """Read an attribute, in its own unit or in `unit`; of several names a dictionary, in one exchange."""
        found = self._read((name, *more), unit)
        return found if more else found[name]

    def write(self, name: str, value: Any) -> None:
        """Set an attribute: `write("setpoint", "60 degC")`, or a plain value in the attribute's unit."""
        self._write(name, value)

    def call(self, command: str, /, *arguments: Any, confirm: bool = False, **named: Any) -> Any:
        """Run a command, and return what it answers; `confirm` one that can do harm."""
        return self._call(command, arguments, named, confirm)

    @abstractmethod
    def describe(self) -> dict[str, Any]:
        """Its attributes and commands, with types, units and limits, and who answered; JSON-able."""

    @abstractmethod
    def _read(self, names: Sequence[str], unit: str | None) -> Mapping[str, Any]: ...

    @abstractmethod
    def _write(self, name: str, value: Any) -> None: ...

    @abstractmethod
    def _call(
        self, command: str, arguments: Sequence[Any], named: Mapping[str, Any], confirm: bool
    ) -> Any: ...


class OwnHandle(Handle):
    """An instrument of a session of this process."""

    def __init__(self, role: str, gate: Gate) -> None:
        super().__init__(role)
        self._gate = gate
        self._read_now, self._write_now = gate.read, gate.write

    def __repr__(self) -> str:
        return f"<instrument {self.role}>"

    def read(self, name: str, *more: str, unit: str | None = None) -> Any:
        """Read an attribute, in its own unit or in `unit`; of several names a dictionary, in one exchange."""
        found = self._read_now(self.role, (name, *more), unit)
        return found if more else found[name]

    def describe(self) -> dict[str, Any]:
        """Its attributes and commands, with types, units and limits, and who answered; JSON-able."""
        return described(self._gate.definition(self.role), self._gate.identity(self.role))

    def _read(self, names: Sequence[str], unit: str | None) -> Mapping[str, Any]:
        return self._read_now(self.role, names, unit)

    def _write(self, name: str, value: Any) -> None:
        self._write_now(self.role, name, value)

    def _call(self, command: str, arguments: Sequence[Any], named: Mapping[str, Any], confirm: bool) -> Any:
        return self._gate.call(self.role, command, arguments, named, confirm=confirm)


def described(definition: Definition, identity: Mapping[str, Any]) -> dict[str, Any]:
    """An instrument in plain values."""
    return {
        "role": definition.role,
        "resource": definition.resource.text,
        "identity": dict(identity),
        "attributes": {one.name: _attribute(one) for one in definition.attributes.values()},
        "commands": {one.name: _command(one) for one in definition.commands.values()},
    }


def _attribute(attribute: Attribute) -> dict[str, Any]:
    access = {"readable": attribute.readable, "writable": attribute.writable}
    return {**_value(attribute), **access, "status": attribute.status, "description": attribute.description}


def _command(command: Command) -> dict[str, Any]:
    parameters = {one.name: {**_value(one), "required": one.required} for one in command.parameters}
    return {"parameters": parameters, "confirm": command.confirm, "description": command.description}


def _value(target: Attribute | CommandParameter) -> dict[str, Any]:
    unit = None if target.unit is None else target.unit.text
    limits = {"low": target.low, "high": target.high, "options": list(target.options)}
    return {"type": target.type.value, "unit": unit, **limits}
