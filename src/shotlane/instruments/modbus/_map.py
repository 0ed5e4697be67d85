"""What an instrument document says about registers: each attribute and command with its place and codec.

Pure; the documents were checked before, so nothing here finds a fault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from shotlane.instruments.modbus._registers import Place, RegisterKind
from shotlane.instruments.modbus._words import FLOATS, BitField, Codec, Order
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
# The layouts of whole numbers without a sign, in which bits are counted.
_UNSIGNED: Final = {"int16": "uint16", "int32": "uint32", "int64": "uint64"}


@dataclass(frozen=True, slots=True)
class Validity:
    """A register that says whether a value means anything, and the numbers that say yes."""

    place: Place
    codec: Codec
    good: tuple[int, ...]

    def complaint(self, words: Sequence[int]) -> str | None:
        """Why the value means nothing, or None."""
        number = self.codec.decode(words).value
        if number in self.good:
            return None
        kind = "register" if not self.place.kind.is_bit else str(self.place.kind)
        return f"valid {kind} {self.place.address} is {number}"


@dataclass(frozen=True, slots=True)
class Quantity:
    """An attribute's place, codec and validity. `writes`: which functions set it."""

    place: Place
    codec: Codec
    valid: Validity | None = None
    writes: str = "auto"

    @property
    def places(self) -> tuple[Place, ...]:
        """What must be fetched for one reading."""
        return (self.place,) if self.valid is None else (self.place, self.valid.place)


def quantity_of(
    document: InstrumentDocument, declared: InstrumentAttribute, attribute: Attribute
) -> Quantity:
    """An attribute as the device holds it."""
    codec = replace(
        _codec(document, declared, layout_of(declared.type), attribute.type),
        scale=1.0 if declared.scale is None else float(declared.scale),
        offset=0.0 if declared.offset is None else float(declared.offset),
        codes=_codes(declared),
        missing=frozenset(item for item in declared.missing or () if not isinstance(item, str)),
    )
    valid = None if declared.valid is None else _validity(document, declared.valid)
    return Quantity(_place(declared, codec.width), codec, valid, declared.writes or document.writes)


def quantities_of(document: InstrumentDocument, attributes: Mapping[str, Attribute]) -> dict[str, Quantity]:
    """All attributes, by name."""
    return {
        name: quantity_of(document, document.attributes[name], attribute)
        for name, attribute in attributes.items()
    }


def layout_of(type_: str | None) -> str:
    """What registers of such an attribute hold."""
    return _LAYOUTS.get(type_, type_ or "uint16")


def _codec(document: InstrumentDocument, part: Register, layout: str, value_type: ValueType) -> Codec:
    if part.coil is not None or part.discrete is not None:
        return Codec("bit", value_type=value_type)
    bits = bits_of(part)
    return Codec(
        type=layout if bits is None else _UNSIGNED.get(layout, layout),
        order=_order(document, part),
        value_type=value_type,
        bits=bits,
        length=part.length or 1,
        encoding=document.encoding,
    )


def _order(document: InstrumentDocument, part: Register | InstrumentCommand) -> Order:
    low = "low_first"
    words, bytes_ = part.words or document.words, part.byte_order or document.byte_order
    return Order(words == low, bytes_ == low)


def bits_of(part: Register) -> BitField | None:
    """The bits that it is, where it is some of a number."""
    if part.bit is not None:
        return BitField(part.bit, 1)
    return None if part.bits is None else BitField(part.bits[0], part.bits[1] - part.bits[0] + 1)


def _codes(declared: InstrumentAttribute) -> dict[str, int]:
    if isinstance(declared.options, dict):
        return {name: int(code) for name, code in declared.options.items()}
    return {name: code for code, name in enumerate(declared.options or ())}


def _validity(document: InstrumentDocument, declared: Valid) -> Validity:
    codec = _codec(document, declared, declared.type, _plain_type(declared.type))
    good = declared.is_ if isinstance(declared.is_, list) else [declared.is_]
    return Validity(_place(declared, codec.width), codec, tuple(good))


def _plain_type(layout: str) -> ValueType:
    if layout == "text":
        return ValueType.TEXT
    return ValueType.FLOAT if layout in FLOATS else ValueType.INT


def _place(part: Register | InstrumentCommand, width: int) -> Place:
    for kind in RegisterKind:
        address = getattr(part, kind.value, None)
        if address is not None:
            return Place(kind, int(address), width)
    raise ValueError("no register is given")


def command_quantity(document: InstrumentDocument, declared: InstrumentCommand) -> Quantity:
    """Where a command writes, and how."""
    writes = declared.writes or document.writes
    if declared.coil is not None:
        return Quantity(_place(declared, 1), Codec("bit", value_type=ValueType.BOOL), writes=writes)
    codec = Codec(declared.type, _order(document, declared), ValueType.FLOAT)
    return Quantity(_place(declared, codec.width), codec, writes=writes)


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


def identity_quantity(document: InstrumentDocument, part: IdentityPart) -> Quantity:
    """Where a part of the identity stands, and how it is read."""
    codec = _codec(document, part, part.type, _plain_type(part.type))
    return Quantity(_place(part, codec.width), codec)
