"""Tables of instruments that keep time themselves: checked before the wire, and ended before anything else.

A table that was loaded and not collected may be running: whatever is set by hand meanwhile would be
overwritten by it, so it is stopped first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shotlane.instruments.definition._accept import RefusedValueError, accepted
from shotlane.instruments.definition._contract import InstrumentError, Reading
from shotlane.instruments.definition._hardware_timed import HardwareTimed, ProgramTable
from shotlane.instruments.pool._member import Member


def hardware_of(member: Member) -> HardwareTimed:
    """The driver as one that takes tables. Raises `InstrumentError`."""
    if member.definition.time_step_ns is None or not isinstance(member.driver, HardwareTimed):
        raise InstrumentError("rejected", f"{member.role} does not keep time itself")
    return member.driver


def check_table(member: Member, table: ProgramTable) -> None:
    """Refuse what the instrument may not do, before anything is sent. Raises `InstrumentError`."""
    step_ns = member.definition.time_step_ns or 1
    for name, edges in table.outputs.items():
        attribute = member.definition.attributes.get(name)
        if attribute is None or not attribute.writable:
            raise InstrumentError("rejected", f"{member.role}.{name} cannot be set")
        if (edges.times_ns < 0).any() or (edges.times_ns % step_ns).any():
            raise InstrumentError("rejected", f"{member.role}.{name}: edges lie beside the time step")
        for value in set(edges.values):
            try:
                accepted(attribute, value)
            except RefusedValueError as error:
                raise InstrumentError("rejected", f"{member.role}.{name}: {error.message}") from error


def checked_frames(
    member: Member, found: Mapping[str, Sequence[Reading]], wanted: Mapping[str, int]
) -> dict[str, Sequence[Reading]]:
    """The frames, one per edge. Raises `InstrumentError` where their number is another."""
    for name, number in wanted.items():
        came = len(found.get(name, ()))
        if came != number:
            fault = "timeout" if came < number else "garbled"
            raise InstrumentError(fault, f"{member.role}.{name} gave {came} frames of {number}")
    return {name: found[name] for name in wanted}


def end_table(member: Member) -> InstrumentError | None:
    """Stop a table that may be running; the fault, which must not keep anybody from setting what is safe."""
    if member.table is None:
        return None
    member.table = None
    try:
        hardware_of(member).stop()
    except InstrumentError as error:
        return error
    return None


def load(member: Member, table: ProgramTable) -> None:
    """Load a table, in place of one that may be running. Raises `InstrumentError`."""
    stop_table(member)
    check_table(member, table)
    member.table = table
    for name in table.outputs:
        member.set_points.unknown(name)
    hardware_of(member).program(table)


def collected(member: Member) -> dict[str, Sequence[Reading]]:
    """What its table gave: frames by attribute; the table is over then. Raises `InstrumentError`."""
    table = member.table
    if table is None:
        raise InstrumentError("rejected", f"{member.role} was given no table")
    frames = checked_frames(member, hardware_of(member).collect(), table.frames)
    member.table = None
    return frames


def stop_table(member: Member) -> None:
    """End a table that may be running. Raises `InstrumentError`."""
    running = end_table(member)
    if running is not None:
        raise running


def converted(table: ProgramTable, names: Mapping[str, str], raw: Callable[[str, Any], Any]) -> ProgramTable:
    """A table in the driver's own names and values. `raw(name, value)` may raise `InstrumentError`."""
    outputs = {
        names.get(name, name): edges._replace(values=[raw(name, value) for value in edges.values])
        for name, edges in table.outputs.items()
    }
    frames = {names.get(name, name): number for name, number in table.frames.items()}
    return replace(table, outputs=outputs, frames=frames)
