"""Watlow controllers through watlowlib (needs Python 3.13): process value, set point, named parameters.

The station's option `parameters` lists further parameters of watlowlib's registry. Most of them are kept in
EEPROM, which bears a limited number of writes: only the set point is written without being asked for, others
with the option `persistent: true`. Controllers may misreport in which scale they send temperatures: without
the option `assert_wire_temperature_unit` (C or F) they have no unit, and the station declares it.
Written for watlowlib 0.8.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Final

from watlowlib.errors import WatlowError
from watlowlib.registry.parameters import RwesFlag
from watlowlib.registry.units import UnitKind
from watlowlib.sync import Watlow

from shotlane.expression import Unit
from shotlane.instruments.adopted.adapters._facades import Facade
from shotlane.instruments.adopted.adapters._objects import known_unit
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._contract import Driver, ErrorContext, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, ValueType

_UNITS: Final = {"C": "degC", "F": "degF"}
_OWN: Final = ("process_value", "setpoint")


def make(request: Request) -> Driver:
    """`watlowlib:controller`; `resource` is the serial port, other options those of watlowlib's `open`."""
    if request.name.target != "controller":
        message = f"watlowlib has no '{request.name.target}': write `driver: watlowlib:controller`"
        raise InstrumentError("rejected", message, ErrorContext(request.resource.text, request.role))
    options = dict(request.options)
    parameters = options.pop("parameters", [])
    persistent = bool(options.pop("persistent", False))
    return WatlowDriver(
        lambda: Watlow.open(request.address, **options),
        parameters=parameters,
        persistent=persistent,
        timeout_s=request.timeout_s,
    )


class WatlowDriver:
    """One controller; `connect` is watlowlib's context manager. Implements `Driver`."""

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Any]],
        *,
        parameters: str | Sequence[str] = (),
        persistent: bool = False,
        timeout_s: float = 1.0,
    ) -> None:
        self._facade = Facade(connect, WatlowError)
        self._parameters = (parameters,) if isinstance(parameters, str) else tuple(parameters)
        self._persistent = persistent
        self._timeout_s = timeout_s

    def open(self) -> Identity:
        """Connect, and ask who answers."""
        device = self._facade.open()
        with self._facade.faults():
            found = device.identify(timeout=self._timeout_s)
        firmware = None if found.firmware_id is None else str(found.firmware_id)
        return Identity("Watlow", str(found.part_number.raw), found.serial_number, firmware)

    def attributes(self) -> Mapping[str, Attribute]:
        """Process value, set point, and the parameters that the station lists."""
        with self._facade.faults():
            reading = self._facade.device.read_pv(timeout=self._timeout_s)
            unit = _temperature(reading.unit)
            found = {
                "process_value": Attribute("process_value", ValueType.FLOAT, unit),
                "setpoint": Attribute("setpoint", ValueType.FLOAT, unit, writable=True),
            }
            for name in self._parameters:
                spec = self._facade.device.read_parameter(name, timeout=self._timeout_s).spec
                found[name] = self._attribute(name, spec, unit)
        return found

    def commands(self) -> Mapping[str, Command]:
        """None."""
        return {}

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read values, one exchange each."""
        readers = {
            "process_value": self._facade.device.read_pv,
            "setpoint": self._facade.device.read_setpoint,
        }
        readings = {}
        for name in names:
            self._known(name)
            with self._facade.faults():
                if name in readers:
                    value = readers[name](timeout=self._timeout_s).value
                else:
                    value = self._facade.device.read_parameter(name, timeout=self._timeout_s).value
            readings[name] = Reading(value, None if value is not None else "")
        return readings

    def write(self, name: str, value: Any) -> None:
        """Set the set point or a parameter. The station's author has confirmed it by writing it."""
        self._known(name)
        device = self._facade.device
        with self._facade.faults():
            if name == "setpoint":
                device.set_setpoint(value, confirm=True, timeout=self._timeout_s)
            elif name in self._parameters:
                device.write_parameter(name, value, confirm=self._persistent, timeout=self._timeout_s)
            else:
                raise InstrumentError("rejected", f"'{name}' cannot be set")

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """There are none."""
        raise InstrumentError("rejected", f"there is no command '{command}'")

    def make_safe(self) -> None:
        """Nothing beyond the safe values of the station."""

    def close(self) -> None:
        """Let go of the port."""
        self._facade.close()

    def _known(self, name: str) -> None:
        if name not in _OWN and name not in self._parameters:
            raise InstrumentError("rejected", f"there is no attribute '{name}': list it under `parameters`")

    def _attribute(self, name: str, spec: Any, temperature: Unit | None) -> Attribute:
        volatile = spec.rwes in (RwesFlag.RW, RwesFlag.W)
        writable = volatile or (self._persistent and spec.rwes != RwesFlag.R)
        return Attribute(
            name,
            ValueType.FLOAT,
            temperature if spec.unit_kind == UnitKind.TEMPERATURE else None,
            readable=spec.rwes != RwesFlag.W,
            writable=writable,
            low=spec.range_min,
            high=spec.range_max,
        )


def _temperature(unit: Any) -> Unit | None:
    if unit is None:
        return None
    text = str(unit.value)
    return known_unit(_UNITS.get(text, text))[0]
