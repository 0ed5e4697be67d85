"""How long one exchange takes on its wire, estimated before anything is opened.

Bytes on a serial line take their time at its baud rate; a device takes a moment to answer. The figures of
networks are those of a local one. They serve the load check of a plan; nothing waits by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from shotlane.expression import parse_literal
from shotlane.instruments.definition._definition import Definition, Resource
from shotlane.instruments.definition._resource import SERIAL_SCHEMES
from shotlane.instruments.definition._values import LONGEST_S
from shotlane.instruments.modbus._pace import DEFAULT_BAUDRATE, bits_of_byte
from shotlane.model import Attribute, InstrumentAttribute, ReadPart, Scalar

_TURNAROUND_NS = 2_000_000
_TCP_NS = 500_000
_FIELD_BYTES = 8  # a typical number with its sign and decimals


@dataclass(frozen=True, slots=True)
class ChannelCost:
    """Cost of reading and of setting an attribute, and what of a reading is shared with others."""

    read_ns: int = 0
    write_ns: int = 0
    parts: tuple[ReadPart, ...] = ()


def channel_costs(definition: Definition, resource: Resource) -> Mapping[str, ChannelCost]:
    """Costs by attribute; 0 for what cannot be done or is simulated by itself."""
    attributes = definition.attributes
    if resource.scheme == "sim":
        return {name: ChannelCost() for name in attributes}
    if definition.adoption is None and definition.document.protocol == "modbus":
        from shotlane.instruments.modbus._cost import modbus_costs  # late: not every station has one

        try:
            found = modbus_costs(definition, resource)
        except ValueError:
            # Of a document with faults, which were told; its plan will not run.
            return {name: ChannelCost() for name in attributes}
        return {name: ChannelCost(it.read_ns, it.write_ns, it.parts) for name, it in found.items()}
    return {name: _cost(definition, attribute, resource) for name, attribute in attributes.items()}


def _cost(definition: Definition, attribute: Attribute, resource: Resource) -> ChannelCost:
    if definition.adoption is not None:
        # What a driver sends is its own business; too high an estimate would refuse a plan that runs well.
        return ChannelCost(_TCP_NS if attribute.readable else 0, _TCP_NS if attribute.writable else 0)
    read, write, parts = 0, 0, tuple[ReadPart, ...]()
    gap_ns = _nanoseconds(definition.document.gap)
    if attribute.readable:
        read = gap_ns + _cost_ns(_read_bytes(definition, attribute.name), resource)
        if definition.document.enquiry is not None:
            read += gap_ns + _cost_ns(_FIELD_BYTES, resource)  # the reply is fetched
        declared = _declared(definition, attribute.name)
        # One reply may hold several attributes.
        parts = (ReadPart(f"{declared.query} {declared.scpi} {declared.reply}", read),)
    if attribute.writable:
        write = gap_ns + _cost_ns(_write_bytes(definition, attribute.name), resource)
    return ChannelCost(read, write, parts)


def _nanoseconds(written: Scalar | None) -> int:
    parsed = None if written is None else parse_literal(str(written))
    # More: a fault that was told.
    return 0 if parsed is None or not abs(parsed[0]) <= LONGEST_S else round(parsed[0] * 1e9)


def _cost_ns(count: int, resource: Resource) -> int:
    if resource.scheme not in SERIAL_SCHEMES:
        return _TCP_NS
    baudrate = int(resource.query.get("baudrate", DEFAULT_BAUDRATE))
    return _TURNAROUND_NS + round(count * bits_of_byte(resource.query) * 1_000_000_000 / baudrate)


def _declared(definition: Definition, name: str) -> InstrumentAttribute:
    return definition.document.attributes[name]


def _read_bytes(definition: Definition, name: str) -> int:
    declared = _declared(definition, name)
    return _line_bytes(definition, declared.query or "") + _reply_bytes(definition, declared.reply)


def _write_bytes(definition: Definition, name: str) -> int:
    written = _declared(definition, name).set
    if written is None:
        return 0
    text = written.send or written.true or ""
    reply = next(iter(written.reply.values()), None) if isinstance(written.reply, dict) else written.reply
    return _line_bytes(definition, text) + _FIELD_BYTES + _reply_bytes(definition, reply)


def _line_bytes(definition: Definition, text: str) -> int:
    return len(definition.document.write.replace("{command}", text))


def _reply_bytes(definition: Definition, reply: str | None) -> int:
    if reply in (None, "none"):
        return 0
    frame = definition.document.replies.get(str(reply), str(reply))
    if isinstance(frame, str):
        return frame.count("{") * _FIELD_BYTES
    if isinstance(frame.length, int):
        return frame.length
    shape = frame.frame or frame.pattern or ""
    return (frame.lines or 1) * max(1, shape.count("{") + shape.count("(?P<")) * _FIELD_BYTES
