"""What an instrument document says about registers: each attribute and command with its place and codec.

Pure; the documents were checked before, so nothing here finds a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from shotlane.instruments._registers import Codec, Place, RegisterKind
from shotlane.model import (
    Attribute,
    IdentityPart,
    InstrumentAttribute,
    InstrumentCommand,
    InstrumentDocument,
    Register,
    ScalarValue,
    Valid,
    ValueType,
)

# What an attribute's `type` means on the wire where it does not name a layout.
_LAYOUTS: Final = {"float": "float32", "int": "uint16", "bool": "uint16", "option": "uint16", None: "uint16"}


@dataclass(frozen=True, slots=True)
class Validity:
    """A register that says whether a value means anything, and the numbers that say yes."""

    place: Place
    codec: Codec
    good: tuple[int, ...]

    def complaint(self, words: Sequence[int]) -> str | None:
        """Why the value means nothing, or None."""
        number = self.codec.decode(words).value
        return None if number in self.good else f"valid register {self.place.address} is {number}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An attribute's place, codec and validity."""

    place: Place
    codec: Codec
    valid: Validity | None = None

    @property
    def places(self) -> tuple[Place, ...]:
        """What must be fetched for one reading."""
        return (self.place,) if self.valid is None else (self.place, self.valid.place)


def quantity_of(
    document: InstrumentDocument, declared: InstrumentAttribute, attribute: Attribute
) -> Quantity:
    """An attribute as the device holds it."""
    codec = Codec(
        type=_layout(declared),
        low_first=(declared.words or document.words) == "low_first",
        value_type=attribute.type,
        scale=1.0 if declared.scale is None else float(declared.scale),
        offset=0.0 if declared.offset is None else float(declared.offset),
        codes=_codes(declared),
    )
    valid = None if declared.valid is None else _validity(document, declared.valid)
    return Quantity(_place(declared, codec.width), codec, valid)


def _layout(declared: InstrumentAttribute) -> str:
    if declared.coil is not None or declared.discrete is not None:
        return "bit"
    return _LAYOUTS.get(declared.type, declared.type or "uint16")


def _codes(declared: InstrumentAttribute) -> dict[str, int]:
    if isinstance(declared.options, dict):
        return {name: int(code) for name, code in declared.options.items()}
    return {name: code for code, name in enumerate(declared.options or ())}


def _validity(document: InstrumentDocument, declared: Valid) -> Validity:
    codec = _plain_codec(document, declared, declared.type)
    good = declared.is_ if isinstance(declared.is_, list) else [declared.is_]
    return Validity(_place(declared, codec.width), codec, tuple(good))


def _plain_codec(document: InstrumentDocument, part: Valid | Register, type_: str) -> Codec:
    value_type = ValueType.FLOAT if type_ == "float32" else ValueType.INT
    return Codec(type_, (part.words or document.words) == "low_first", value_type)


def _place(part: Register | Valid | InstrumentCommand, width: int) -> Place:
    for kind in RegisterKind:
        address = getattr(part, kind.value, None)
        if address is not None:
            return Place(kind, int(address), width)
    raise ValueError("no register is given")


def command_register(document: InstrumentDocument, declared: InstrumentCommand) -> tuple[Place, Codec]:
    """Where a command writes, and how."""
    if declared.coil is not None:
        return _place(declared, 1), Codec("bit", value_type=ValueType.BOOL)
    low_first = (declared.words or document.words) == "low_first"
    codec = Codec(declared.type, low_first, ValueType.FLOAT)
    return _place(declared, codec.width), codec


def command_value(declared: InstrumentCommand, arguments: Mapping[str, Any]) -> ScalarValue:
    """The number that a command writes: its `value`, or the argument that `{name}` names."""
    value = declared.value
    if isinstance(value, str):
        return _coded(declared, value.strip("{} "), arguments)
    return True if value is None else value


def _coded(declared: InstrumentCommand, name: str, arguments: Mapping[str, Any]) -> ScalarValue:
    value: ScalarValue = arguments[name]
    options = declared.parameters[name].options
    return value if not isinstance(options, dict) else float(options[str(value)])


def identity_register(document: InstrumentDocument, part: IdentityPart) -> tuple[Place, Codec]:
    """Where a part of the identity stands, and how it is read."""
    codec = _plain_codec(document, part, part.type)
    return _place(part, codec.width), codec
