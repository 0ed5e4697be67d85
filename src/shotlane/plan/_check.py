"""Seventh pass: numbers, at every point of the sweep and before anything is opened.

Points are looked at in stretches, so that memory stays bounded. What does not differ between points is looked
at once. A check never changes what it looks at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shotlane.diagnostics import Report, Span
from shotlane.model import Keep
from shotlane.plan._blocks import Mask
from shotlane.plan._calls import Call, check_arguments
from shotlane.plan._changed_values import ChangedValues
from shotlane.plan._clashes import check_clashes, check_pace
from shotlane.plan._exact import NS_PER_S, Floats, Integers
from shotlane.plan._findings import Findings, SoundTimes
from shotlane.plan._hardware import Trigger, check_steps
from shotlane.plan._levels import Level, TermLevel
from shotlane.plan._limits import NUMBERS, check_level, check_numbers, seconds_of
from shotlane.plan._lowering import every_ns
from shotlane.plan._moves import Curve, Frame, Pulse, Track
from shotlane.plan._program import Program
from shotlane.plan._readings import Reading, check_rate, check_reading, reads_too_fast
from shotlane.plan._recorded import EmptyFigures
from shotlane.plan._scope import Rows
from shotlane.plan._set_lane import SetCell, SetLane
from shotlane.plan._timeline import Timeline, check_durations

MOST_TICKS = 5_000_000

Bounds = Sequence[Integers]


@dataclass(slots=True)
class Ranges:
    """Lowest and highest number that each channel is set to over all points, by index of the channel."""

    found: dict[int, tuple[float, float]] = field(default_factory=dict)

    def add(self, index: int, values: Floats) -> None:
        """Take values as sent."""
        finite = values[np.isfinite(values)]
        if finite.size:
            low, high = float(finite.min()), float(finite.max())
            known = self.found.get(index, (low, high))
            self.found[index] = (min(low, known[0]), max(high, known[1]))


@dataclass(frozen=True, slots=True)
class Check:
    """The pass at work on one stretch. `bounds` None: times are not known, values are still checked.

    `timed`: findings about what depends on times; `warnings`: those of them that keep nothing from running.
    """

    findings: Findings
    timed: Findings
    warnings: Findings
    ranges: Ranges
    changed: ChangedValues
    rows: Rows
    bounds: Bounds | None
    first: bool  # the first stretch, which stands for all where nothing varies
    times_vary: bool

    def none(self, code: str, span: Span, bad: Mask, message: str, help: str | None = None) -> bool:
        """Whether nothing is wrong; what is, is found."""
        if bad.any():
            self.timed.add(code, span, self.rows, bad, lambda _: (message, help))
        return not bad.any()

    def due(self, *varying: bool) -> bool:
        """Whether this stretch can show something new."""
        return self.first or any(varying)


def check_program(
    program: Program, findings: Findings, report: Report, triggers: Sequence[Trigger] = ()
) -> Ranges:
    """Find everything that is wrong at some point."""
    ranges = Ranges()
    phases_ns = [plan.phase_ns or 0 for plan in program.lanes.plans]
    empty = EmptyFigures(program.lanes.readings, phases_ns, program.timeline, program.live.figures_of_steps)
    certain = True
    warnings = Findings(findings.total, findings.name_point, warns=True)
    changed = ChangedValues(findings.total, findings.name_point)
    timeline = program.timeline
    for rows in program.stretches():
        faulty = check_durations(timeline, rows, findings)
        bounds = timeline.boundaries(rows) if timeline.sound and not faulty.all() else None
        timed = SoundTimes(findings, faulty) if faulty.any() else findings
        warned = SoundTimes(warnings, faulty) if faulty.any() else warnings
        check = Check(
            findings, timed, warned, ranges, changed, rows, bounds, rows.first == 0, timeline.varies
        )
        for lane in program.lanes.sets:
            if check.due(timeline.varies, lane.varies):
                _set_lane(check, lane, timeline)
        for reading in program.lanes.readings:
            if check.due(timeline.varies, reading.varies):
                _reading(check, reading, report)
        for call in program.lanes.calls:
            if check.due(timeline.varies, call.varies):
                _call(check, call)
        for trigger in triggers if bounds is not None else ():
            if check.due(timeline.varies, trigger.varies):
                trigger.check(timed, rows, bounds or (), timeline)
        program.live.check(rows, findings)
        if bounds is not None and report.ok and not findings.found:
            empty.look(rows, bounds)
        else:
            certain = False
    changed.report(report)
    if certain:
        empty.report(report)
    warnings.report(report)
    return ranges


def _set_lane(check: Check, lane: SetLane, timeline: Timeline) -> None:
    for level in _levels(lane):
        if check.due(level.varies):
            values = check_level(check.findings, check.rows, lane.channel, level)
            if values is not None:
                check.ranges.add(lane.index, values)
                if isinstance(level, TermLevel):
                    check.changed.look(check.rows, lane.index, lane.channel, level, values)
    sound = check_pace(check.findings, lane, check.rows)
    if check.bounds is None:
        return
    every = every_ns(lane, check.rows)
    if not sound and (every == 1).any():
        return  # `every` is no time, so nothing can be sent
    for position, cell in enumerate(lane.cells):
        frame = _frame(check, lane, position, cell, check.bounds, every)
        sound = _cell(check, lane, cell, frame) and sound
    varying = check.times_vary or lane.varies
    if sound and lane.sound and lane.cells and check.due(varying):
        check_clashes(check.timed, lane, check.rows, check.bounds)
        check_steps(check.timed, check.warnings, lane, check.rows, check.bounds, timeline)


def _levels(lane: SetLane) -> list[Level]:
    """Every value that was written in a lane."""
    levels = [level for cell in lane.cells for level in cell.move.levels]
    if lane.initial is not None and not isinstance(lane.initial, Keep):
        levels.append(lane.initial)
    return levels


def _frame(
    check: Check, lane: SetLane, position: int, cell: SetCell, bounds: Bounds, every: Integers
) -> Frame:
    margin = lane.channel.attribute.update_ns or 0
    start, end = bounds[cell.cell.first], bounds[cell.cell.last + 1]
    return Frame(check.rows, position, start, end, every, margin)


def _cell(check: Check, lane: SetLane, cell: SetCell, frame: Frame) -> bool:
    """Whether a cell can be lowered at these points."""
    move = cell.move
    if move.changing and lane.every is not None and not _bounded(check, cell, frame):
        return False
    if isinstance(move, Curve):
        _curve(check, lane, cell, move, frame)
    elif isinstance(move, Pulse):
        return _pulse(check, cell, move, frame)
    elif isinstance(move, Track):
        return _track(check, cell, move, frame)
    return True


def _bounded(check: Check, cell: SetCell, frame: Frame) -> bool:
    count = frame.length // frame.every
    message = f"this would send {int(count.max())} commands"
    return check.none("SEQ224", cell.key, count > MOST_TICKS, message, "write a longer `every`")


def _curve(check: Check, lane: SetLane, cell: SetCell, move: Curve, frame: Frame) -> None:
    attribute = lane.channel.attribute
    if attribute.type not in NUMBERS or (move.changing and lane.every is None):
        return
    if not check.due(check.times_vary, move.varies):
        return
    span = move.term.span
    block = move.body(frame)
    seconds = seconds_of(block.targets - frame.start)
    name = lane.channel.name
    check_numbers(check.timed, check.rows, name, attribute, span, block.values, block.valid, seconds)
    closing = move.closing(frame)
    lasts = frame.length > 0
    check_numbers(check.timed, check.rows, name, attribute, span, closing, lasts, seconds_of(frame.length))
    shape = np.broadcast_shapes(block.values.shape, block.valid.shape)
    check.ranges.add(lane.index, np.broadcast_to(block.values, shape)[np.broadcast_to(block.valid, shape)])
    check.ranges.add(lane.index, closing)


def _pulse(check: Check, cell: SetCell, move: Pulse, frame: Frame) -> bool:
    period = move.period.column(check.rows)
    sound = check.none(
        "SEQ216",
        move.period.span,
        ~((period > 0) & np.isfinite(period)),
        "the period must be longer than 0 s",
    )
    if move.duty is not None:
        duty = move.duty.column(check.rows)
        outside = ~((duty >= 0) & (duty <= 1))
        sound = check.none("SEQ216", move.duty.span, outside, "the duty must lie between 0 and 1") and sound
    if move.phase is not None:
        undefined = ~np.isfinite(move.phase.column(check.rows))
        sound = check.none("SEQ216", move.phase.span, undefined, "the phase must be a time") and sound
    if not sound:
        return False
    many = frame.length / (period * NS_PER_S) > MOST_TICKS
    return check.none("SEQ216", cell.key, many, "this would send too many pulses")


def _track(check: Check, cell: SetCell, move: Track, frame: Frame) -> bool:
    sound = True
    for place in move.places:
        sound = place.check(check.rows, frame.length, check.timed) and sound
    offsets = [place.offset(check.rows, frame.length) for place in move.places]
    for place, before, here in zip(move.places[1:], offsets, offsets[1:], strict=False):
        message = "this point comes before the one above it"
        help_text = "write points in the order of time"
        sound = check.none("SEQ223", place.term.span, here < before, message, help_text) and sound
    return sound


def _reading(check: Check, reading: Reading, report: Report) -> None:
    if check.bounds is not None:
        sound = check_reading(reading, check.rows, check.bounds, check.timed)
    elif reading.rate is not None:
        sound = check_rate(reading, check.rows, check.findings)
    else:
        return
    fast = reads_too_fast(reading, check.rows) if sound else None
    if fast is not None and reading.rate is not None:
        report.warning("SEQ412", fast, reading.rate.term.span, help="record less often")


def _call(check: Check, call: Call) -> None:
    check_arguments(call, check.rows, check.findings)
    if check.bounds is not None:
        length = check.bounds[call.cell.last + 1] - check.bounds[call.cell.first]
        call.place.check(check.rows, length, check.timed)
