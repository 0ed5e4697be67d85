"""How long one exchange takes on its wire, estimated before anything is opened.

Bytes on a serial line take ten bit times each; a device takes a moment to answer. The figures of TCP are
those of a local network. They serve the load check of a plan; nothing waits by them.
"""

from shotlane.instruments._definition import Definition, Resource
from shotlane.model import Attribute, InstrumentAttribute

_TURNAROUND_NS = 2_000_000
_TCP_NS = 500_000
_FIELD_BYTES = 8  # a typical number with its sign and decimals


def exchange_costs_ns(definition: Definition, attribute: Attribute, resource: Resource) -> tuple[int, int]:
    """Cost of reading and of setting an attribute; 0 for what cannot be done or is simulated by itself."""
    if resource.scheme == "sim":
        return 0, 0
    if definition.adoption is not None:
        # What a driver sends is its own business; too high an estimate would refuse a plan that runs well.
        return _TCP_NS if attribute.readable else 0, _TCP_NS if attribute.writable else 0
    read, write = 0, 0
    if attribute.readable:
        read = _cost_ns(_read_bytes(definition, attribute.name), resource)
    if attribute.writable:
        write = _cost_ns(_write_bytes(definition, attribute.name), resource)
    return read, write


def _cost_ns(count: int, resource: Resource) -> int:
    if resource.scheme != "serial":
        return _TCP_NS
    baudrate = int(resource.query.get("baudrate", "9600"))
    return _TURNAROUND_NS + count * 10 * 1_000_000_000 // baudrate


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
    return _line_bytes(definition, text) + _FIELD_BYTES + _reply_bytes(definition, written.reply)


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
