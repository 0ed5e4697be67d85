"""Alicat devices through alicatlib (needs Python 3.13): its data frame, the set point, tares and holds.

All readings of one call come from one frame. Units are those that the device reports for each field.
Written for alicatlib 0.3.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from alicatlib import to_pint
from alicatlib.errors import AlicatError
from alicatlib.sync import Alicat

from shotlane.expression import Unit
from shotlane.instruments.adopted.adapters._facades import Facade
from shotlane.instruments.adopted.adapters._objects import known_unit
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._contract import Driver, ErrorContext, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, ValueType

_SETPOINT: Final = "setpoint"
_COMMANDS: Final = {
    "tare_flow": "Take the flow that flows now as zero.",
    "tare_gauge_pressure": "Take the gauge pressure as zero.",
    "tare_absolute_pressure": "Tare the absolute pressure against the barometer.",
    "hold_valves": "Hold the valves where they are.",
    "cancel_valve_hold": "Let the valves control again.",
}


def make(request: Request) -> Driver:
    """`alicatlib:device`; `resource` is the serial port, the options those of alicatlib's `open`."""
    if request.name.target != "device":
        message = f"alicatlib has no '{request.name.target}': write `driver: alicatlib:device`"
        raise InstrumentError("rejected", message, ErrorContext(request.resource.text, request.role))
    options = {"timeout": request.timeout_s, **request.options}
    return AlicatDriver(lambda: Alicat.open(request.address, **options))


class AlicatDriver:
    """One device; `connect` is alicatlib's context manager. Implements `Driver`."""

    def __init__(self, connect: Callable[[], AbstractContextManager[Any]]) -> None:
        self._facade = Facade(connect, AlicatError)

    def open(self) -> Identity:
        """Connect; alicatlib asks who answers and what its frame holds."""
        found = self._facade.open().info
        return Identity(found.manufacturer, found.model, found.serial, found.firmware.raw)

    def attributes(self) -> Mapping[str, Attribute]:
        """The fields of its data frame, and the set point of a controller."""
        found = {field.name: _attribute(field) for field in self._frame().reading_format.fields}
        if hasattr(self._facade.device, _SETPOINT):
            with self._facade.faults():
                state = self._facade.device.setpoint()
            found[_SETPOINT] = Attribute(
                _SETPOINT,
                ValueType.FLOAT,
                _unit(state.unit),
                writable=True,
                high=self._full_scale(state.unit),
            )
        return found

    def commands(self) -> Mapping[str, Command]:
        """Tares and holds that this kind of device has."""
        device = self._facade.device
        return {
            name: Command(name, description=about)
            for name, about in _COMMANDS.items()
            if hasattr(device, name)
        }

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read fields of one frame, and the set point."""
        readings = {}
        fields = [name for name in names if name != _SETPOINT]
        if fields:
            values = self._frame().values
            for name in fields:
                if name not in values:
                    raise InstrumentError("rejected", f"the data frame has no field '{name}'")
                value = values[name]
                readings[name] = Reading(value, None if value is not None else "--")
        if _SETPOINT in names:
            with self._facade.faults():
                readings[_SETPOINT] = Reading(self._facade.device.setpoint().requested)
        return readings

    def write(self, name: str, value: Any) -> None:
        """Set the set point, which alicatlib reads back."""
        if name != _SETPOINT or not hasattr(self._facade.device, _SETPOINT):
            raise InstrumentError("rejected", f"'{name}' cannot be set")
        with self._facade.faults():
            self._facade.device.setpoint(value)

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """Tare or hold."""
        if command not in self.commands():
            raise InstrumentError("rejected", f"there is no command '{command}'")
        with self._facade.faults():
            getattr(self._facade.device, command)()

    def make_safe(self) -> None:
        """Nothing beyond the safe values of the station."""

    def close(self) -> None:
        """Let go of the port."""
        self._facade.close()

    def _frame(self) -> Any:
        with self._facade.faults():
            return self._facade.device.poll()

    def _full_scale(self, unit: Any) -> float | None:
        """The full scale of what is controlled: the only one in the set point's unit."""
        known = [item.value for item in self._facade.device.info.full_scale.values() if item.unit == unit]
        return float(known[0]) if len(known) == 1 else None


def _attribute(field: Any) -> Attribute:
    numeric = "decimal" in field.type_name or "integer" in field.type_name or field.type_name == "signed"
    return Attribute(
        field.name,
        ValueType.FLOAT if numeric else ValueType.TEXT,
        _unit(field.unit) if numeric else None,
        description=field.raw_name,
    )


def _unit(unit: Any) -> Unit | None:
    """Our unit of one of alicatlib's: sccm stays sccm, the rest goes by way of pint's spelling."""
    if unit is None:
        return None
    for text in (unit.value, unit.value.lower(), to_pint(unit)):
        found, _ = known_unit(text)
        if found is not None:
            return found
    return None
