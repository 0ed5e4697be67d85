"""What is asked of a channel that its instrument times, and no table can do; before any number is known."""

from collections.abc import Iterator

from shotlane.diagnostics import Report, Span
from shotlane.document import Document
from shotlane.model import Keep, Sequence
from shotlane.plan._findings import Told
from shotlane.plan._hardware import Trigger, triggers_of
from shotlane.plan._lanes import Lanes
from shotlane.plan._live import Live
from shotlane.plan._moves import Hold
from shotlane.plan._set_lane import SetLane
from shotlane.plan._timeline import Timeline
from shotlane.plan._unavailable import refuse_key


def check_hardware(
    sequence: Sequence, document: Document, lanes: Lanes, live: Live, timeline: Timeline, report: Report
) -> list[Trigger]:
    """Tell it; the channels that are read by edges, whose numbers are compared point by point."""
    spans = [document.key_span(("lanes", channel.name)) for channel in lanes.channels]
    triggers = triggers_of(lanes.sets, lanes.readings, spans)
    taking = {trigger.name for trigger in triggers}
    for lane in lanes.sets:
        name = lane.channel.name
        if lane.channel.triggered:
            refuse_key(document, report, ("lanes", name, "set"), f"a table that '{name}' begins at an edge")
        for span, (message, help_text) in _faults(lane, timeline, taking):
            report.error("SEQ242", message, span or spans[lane.index], help=help_text)
    for channel in lanes.channels:
        written = sequence.lanes.get(channel.name)
        if channel.triggered and written is not None and written.record is not None:
            message = f"'{channel.name}' gives a frame at each edge of its trigger, and cannot be recorded"
            span = document.key_span(("lanes", channel.name, "record"))
            report.error("SEQ242", message, span, help="write `read` with one step or place per edge")
    for span, channel_name in _watched(live):
        message = (
            f"the frames of '{channel_name}' come when a shot is over, and no condition can wait for them"
        )
        report.error("SEQ242", message, span, help="use a channel that can be read at any time")
    return triggers if report.ok else []


def _watched(live: Live) -> Iterator[tuple[Span, str]]:
    """Conditions that look at frames."""
    formulas = [*(step.formula for step in live.openings), *(rule.formula for rule in live.interlocks)]
    for formula in formulas:
        for figure in () if formula is None else formula.figures:
            if figure.channel.triggered:
                yield figure.span, figure.channel.name


def _faults(lane: SetLane, timeline: Timeline, taking: set[str]) -> Iterator[tuple[Span | None, Told]]:
    """What no table can do in a lane, each with its cell, None for the lane. `taking`: what takes frames."""
    hardware, name = lane.channel.hardware, lane.channel.name
    if hardware is None or not lane.channel.programmed:
        return
    if taking & {name, lane.channel.target} and isinstance(lane.initial, Keep):
        yield None, (f"nobody knows whether the first edge of '{name}' rises", "write `initial: false`")
    for cell in lane.cells:
        opening = timeline.opening_in(cell.cell.first, cell.cell.last)
        if opening is not None and not isinstance(cell.move, Hold):
            step = timeline.steps[opening].name
            message = f"'{name}' cannot change while '{step}' lasts: its table would not know when to end"
            yield cell.key, (message, "hold one value there")
        if lane.channel.lead_ns and cell.cell.first and cell.cell.first in timeline.openings:
            step = timeline.steps[cell.cell.first].name
            message = f"'{name}' is set early, and the table that '{step}' has begins with it"
            yield cell.key, (message, f"set it in the step before '{step}'")
        before = next((place for place in timeline.openings if place < cell.cell.first), None)
        if before is not None and not hardware.restartable:
            step = timeline.steps[before].name
            message = f"'{name}' would need another table after '{step}', and takes one in a shot"
            yield cell.key, (message, f"let '{name}' hold its value from '{step}' on")
