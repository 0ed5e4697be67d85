"""Whether what a document says of a register can stand in it: limits, and numbers that mean something else.

Apart from the other checks, because it needs the layouts, which a station without Modbus never loads.
"""

import math

from shotlane.document import Path
from shotlane.expression import tidy
from shotlane.instruments.definition._accept import shown
from shotlane.instruments.definition._values import ValueReader
from shotlane.instruments.modbus._map import bits_of, layout_of
from shotlane.instruments.modbus._words import whole_numbers
from shotlane.model import Attribute, InstrumentAttribute, Valid


def check_limits(part: InstrumentAttribute, attribute: Attribute, path: Path, values: ValueReader) -> None:
    """Check whether the limits of what can be set fit into its register, which holds whole numbers."""
    bits = bits_of(part)
    scale, offset = 1 if part.scale is None else part.scale, part.offset or 0
    if part.holding is None or isinstance(scale, str) or isinstance(offset, str) or scale == 0:
        return
    held = None if bits is not None and bits.count < 1 else whole_numbers(layout_of(part.type), bits)
    for key, limit in (("min", attribute.low), ("max", attribute.high)):
        if held is None or limit is None or not math.isfinite(limit):
            continue
        number = round((limit - offset) / scale)
        if number not in held:
            wire = "" if number == limit else f" is {number} on the wire, which"
            lowest, highest = sorted(tidy(end * scale + offset) for end in (held[0], held[-1]))
            values.error(
                (*path, key),
                f"{shown(limit, attribute)}{wire} does not fit into {_holding(part)} {lowest:.12g} to"
                f" {shown(highest, attribute)}",
                "write a limit within that, or the `type` and `scale` that the device has",
                code="INS011",
            )


def check_missing(part: InstrumentAttribute, path: Path, values: ValueReader) -> None:
    """Whether each number that means no value can stand in the register at all."""
    if part.missing is None:
        return
    if part.type == "text":
        message = "'missing' lists numbers in a register, and this holds a text"
        values.key_error((*path, "missing"), message, "leave it out", code="INS032")
        return
    held = whole_numbers(layout_of(part.type), bits_of(part))
    for index, item in enumerate(part.missing):
        below = (*path, "missing", index)
        if isinstance(item, str):
            message = f"'{item}' is a text, and a register holds a number"
            values.error(below, message, "write the number that stands in it, such as 32767", code="INS003")
        elif held is not None and item not in held:
            message = f"{item} never stands in {_holding(part)} {held[0]} to {held[-1]}"
            values.error(below, message, _meant(item, part, held), code="INS032")


def check_good(part: Valid, table: str, path: Path, values: ValueReader) -> None:
    """Whether the numbers that mean valid can stand there; with another one no reading ever has a value."""
    is_bit = table in ("coil", "discrete")
    held = range(2) if is_bit else whole_numbers(layout_of(part.type), bits_of(part))
    listed = isinstance(part.is_, list)
    for index, number in enumerate(part.is_ if isinstance(part.is_, list) else [part.is_]):
        if held is not None and number not in held:
            where = f"a {table}, which holds" if is_bit else _holding(part)
            message = f"{number} never stands in {where} {held[0]} to {held[-1]}"
            help = "write the number that stands there when the reading means something"
            values.error((*path, "is", index) if listed else (*path, "is"), message, help, code="INS032")


def _holding(part: InstrumentAttribute | Valid) -> str:
    bits = bits_of(part)
    if bits is None:
        return f"a register of type {layout_of(part.type)}, which holds"
    return "one bit, which holds" if bits.count == 1 else f"{bits.count} bits, which hold"


def _meant(item: float, part: InstrumentAttribute, held: range) -> str:
    """The same register read with or without a sign, or what stands on the wire in place of the value."""
    if "int" in layout_of(part.type) and bits_of(part) is None:
        for other in (item - len(held), item + len(held)):
            if other in held:
                return f"write {other:.0f}, which is the same register as that type reads it"
    return "write the number as the register holds it, before `scale`, `offset` and `unit`"
