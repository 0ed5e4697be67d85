"""Definitions of instruments for driver tests, made without a station."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from shotlane.instruments._wire import make_driver
from shotlane.instruments.definition._contract import Driver, InstrumentError
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.definition._resource import parse_resource
from shotlane.model import Attribute, Command, InstrumentDocument, ValueType

FURNACE: dict[str, Any] = {
    "instrument": "furnace",
    "protocol": "modbus",
    "words": "low_first",
    "attributes": {
        "temperature": {"holding": 360, "type": "float32", "valid": {"holding": 362, "is": 61}},
        "setpoint": {"holding": 2160, "type": "float32", "access": "rw"},
        "saving": {"holding": 2494, "options": {"eeprom": 106, "volatile": 59}, "access": "rw"},
    },
    "setup": {"saving": "volatile"},
}
GAS: dict[str, Any] = {
    "instrument": "gas",
    "protocol": "ascii",
    "write": "A{command}\r",
    "replies": {"frame": "A {pressure:f} {temperature:f} {_:f} {flow:f} {setpoint:f} {gas:w} {flags:rest?}"},
    "attributes": {
        "flow": {"query": "", "reply": "frame", "field": "flow"},
        "pressure": {"query": "", "reply": "frame", "field": "pressure"},
        "gas": {"query": "", "reply": "frame", "field": "gas", "type": "text"},
        "flow_setpoint": {
            "query": "",
            "reply": "frame",
            "field": "setpoint",
            "set": {"send": "S{value:.3f}", "reply": "frame"},
            "access": "rw",
        },
        "shutoff": {"set": {"true": "HC", "false": "C", "reply": "frame"}, "type": "bool", "access": "w"},
    },
    "commands": {"tare": {"send": "V", "reply": "frame"}},
}
_TYPES = {str(type_): type_ for type_ in ValueType}


class Told:
    """Takes what a driver tells."""

    def __init__(self) -> None:
        self.events: list[tuple[str, Mapping[str, Any]]] = []

    def __call__(self, event: str, fields: Mapping[str, Any]) -> None:
        self.events.append((event, dict(fields)))

    def count(self, event: str) -> int:
        """Events of one type."""
        return sum(name == event for name, _ in self.events)


def define(document: Mapping[str, Any], resource: str, *, timeout_s: float = 0.3) -> Definition:
    """A definition whose value types follow the document as `_attributes` would decide them."""
    model = InstrumentDocument.model_validate(document)
    return Definition(
        role="tested",
        document=model,
        attributes={name: Attribute(name, _type(part)) for name, part in document["attributes"].items()},
        commands={name: Command(name, takes_ns=1_000_000_000) for name in document.get("commands", {})},
        setup=document.get("setup", {}),
        resource=parse_resource(resource, "tested", Path("/")),
        timeout_s=timeout_s,
    )


def drive(
    document: Mapping[str, Any], resource: str, *, timeout_s: float = 0.3, lines: dict[str, Any] | None = None
) -> tuple[Driver, Told]:
    """An opened driver, and what it tells."""
    told = Told()
    driver = make_driver(
        define(document, resource, timeout_s=timeout_s), {} if lines is None else lines, told
    )
    driver.open()
    return driver, told


def read_in_turn(driver: Driver, names: Iterable[str]) -> list[Any]:
    """What each of them reads; None for a fault."""
    values: list[Any] = []
    for name in names:
        try:
            values.append(driver.read([name])[name].value)
        except InstrumentError:
            values.append(None)
    return values


def _type(part: Mapping[str, Any]) -> ValueType:
    if "options" in part:
        return ValueType.OPTION
    if "coil" in part or "discrete" in part:
        return ValueType.BOOL
    if "int" in str(part.get("type", "")) and "scale" not in part:
        return ValueType.INT
    return _TYPES.get(str(part.get("type")), ValueType.FLOAT)
