"""Drivers of tomato (DriverInterface 2.1), in this process: attributes, and what a measurement gives.

A component's attributes are attributes. What its measurement gives beside them is read-only; reading any of
it makes one measurement. Tasks stay with tomato: here the sequence keeps the time. The component is used
itself and not through the interface's replies, which end the process after an exception. Its `reset`
is its documented safe state.
"""

import atexit
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import pint

from shotlane.instruments.adopted.adapters._objects import known_unit
from shotlane.instruments.adopted.adapters._request import Request
from shotlane.instruments.definition._contract import Driver, ErrorContext, Identity, InstrumentError, Reading
from shotlane.model import Attribute, Command, ValueType

_VERSIONS: Final = ("2.1",)
_TYPES: Final = {
    float: ValueType.FLOAT,
    int: ValueType.INT,
    bool: ValueType.BOOL,
    str: ValueType.TEXT,
    pint.Quantity: ValueType.FLOAT,
}


def make(request: Request) -> Driver:
    """The driver of a package `tomato_...`; `resource` is the component's address.

    The station's options are `channel` (default "1") and `settings` of the driver.
    """
    try:
        module = import_module(request.name.target)
    except ModuleNotFoundError as error:
        if error.name != request.name.target:
            raise
        raise _rejected(request, f"there is no package {request.name.target}") from error
    factory = getattr(module, "DriverInterface", None)
    if factory is None:
        raise _rejected(request, f"{request.name.target} has no DriverInterface")
    if factory.version not in _VERSIONS:
        message = f"it has DriverInterface {factory.version}, and {', '.join(_VERSIONS)} is known here"
        raise _rejected(request, message)
    options = dict(request.options)
    channel = str(options.pop("channel", "1"))
    settings = options.pop("settings", {})
    if options:
        raise _rejected(
            request, f"there is no option '{next(iter(options))}': known are channel and settings"
        )
    return TomatoDriver(factory, (request.address, channel), settings)


class TomatoDriver:
    """One component of a tomato driver. Implements `Driver`."""

    def __init__(self, factory: Any, key: tuple[str, str], settings: Mapping[str, Any]) -> None:
        self._factory = factory
        self._key = key
        self._settings = dict(settings)
        self._device: Any = None

    def open(self) -> Identity:
        """Make the component."""
        interface = self._factory(settings=self._settings)
        try:
            self._device = interface.DeviceFactory(self._key)
        except RuntimeError as error:
            # What tomato itself takes for a component that does not answer.
            raise InstrumentError("disconnected", str(error)) from error
        interface.devmap[self._key] = self._device
        constants = {**interface.constants, **self._device.constants}
        known = {part: constants.get(part) for part in ("maker", "model", "serial", "firmware")}
        known["model"] = known["model"] or type(self._device).__module__
        return Identity(**{part: None if value is None else str(value) for part, value in known.items()})

    def attributes(self) -> Mapping[str, Attribute]:
        """Attributes of the component, then what one measurement gives beside them."""
        declared = self._opened().attrs()
        found = {name: _attribute(name, item) for name, item in declared.items()}
        for name, variable in self._measured().items():
            if name not in declared:
                unit, remark = known_unit(variable.attrs.get("units"))
                found[name] = Attribute(name, _measured_type(variable), unit, description=remark)
        return found

    def commands(self) -> Mapping[str, Command]:
        """None: tasks keep a time of their own."""
        return {}

    def read(self, names: Sequence[str]) -> Mapping[str, Reading]:
        """Read attributes; everything measured comes from one measurement."""
        device = self._opened()
        declared = device.attrs()
        measured = self._measured() if any(name not in declared for name in names) else {}
        readings = {}
        for name in names:
            if name in declared:
                readings[name] = Reading(_plain(device.get_attr(attr=name), declared[name].units))
            elif name in measured:
                values = measured[name].values.ravel()
                readings[name] = Reading(values[-1].item() if len(values) == 1 else values)
            else:
                raise InstrumentError("rejected", f"there is no attribute '{name}'")
        return readings

    def write(self, name: str, value: Any) -> None:
        """Set an attribute, with its unit where it has one."""
        device = self._opened()
        declared = device.attrs().get(name)
        if declared is None:
            raise InstrumentError("rejected", f"there is no attribute '{name}'")
        quantity = declared.type is pint.Quantity
        try:
            device.set_attr(attr=name, val=pint.Quantity(value, declared.units) if quantity else value)
        except (ValueError, AttributeError) as error:
            raise InstrumentError("rejected", str(error)) from error

    def call(self, command: str, arguments: Mapping[str, Any]) -> Any:
        """There are none."""
        raise InstrumentError("rejected", f"there is no command '{command}'")

    def make_safe(self) -> None:
        """The component's documented safe state."""
        device = self._opened()
        device.stop_task()
        device.reset(do_run=True)

    def close(self) -> None:
        """Let its thread end; the component is not reset, since safe values may have been set."""
        device, self._device = self._device, None
        if device is not None:
            device.thread.do_run = False
            atexit.unregister(device.reset)

    def _measured(self) -> Mapping[str, Any]:
        device = self._opened()
        with device.datalock:
            device.do_measure()
            data = device.get_last_data()
        return {} if data is None else {str(name): data[name] for name in data.data_vars}

    def _opened(self) -> Any:
        if self._device is None:
            raise InstrumentError("disconnected", "the component is not open")
        return self._device


def _attribute(name: str, item: Any) -> Attribute:
    unit, remark = known_unit(item.units)
    type_ = _TYPES.get(item.type, ValueType.TEXT)
    options: tuple[str, ...] = ()
    if item.options and all(isinstance(option, str) for option in item.options):
        type_, options = ValueType.OPTION, tuple(sorted(item.options))
    numeric = type_ in (ValueType.FLOAT, ValueType.INT)
    return Attribute(
        name,
        type_,
        unit if numeric else None,
        writable=bool(item.rw),
        low=_plain(item.minimum, item.units) if numeric else None,
        high=_plain(item.maximum, item.units) if numeric else None,
        options=options,
        description=remark,
        status=bool(item.status),
    )


def _plain(value: Any, units: str | None) -> Any:
    """A quantity as a number in the attribute's units."""
    if isinstance(value, pint.Quantity):
        return value.to(units).magnitude if units else value.magnitude
    return value


def _measured_type(variable: Any) -> ValueType:
    if variable.values.size != 1:
        return ValueType.ARRAY
    return {"b": ValueType.BOOL, "U": ValueType.TEXT, "O": ValueType.TEXT}.get(
        variable.dtype.kind, ValueType.FLOAT
    )


def _rejected(request: Request, message: str) -> InstrumentError:
    return InstrumentError("rejected", message, ErrorContext(request.resource.text, request.role))
