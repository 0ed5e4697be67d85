"""Channels that their instrument times: edges on its time step, and frames by the edges of a trigger.

An edge is rounded to the nearest step from the origin of its segment, where a table begins. What is shorter
than a step is told: it would be rounded away, or to a whole step; and a step of the sequence that becomes a
good deal longer or shorter. How long an open-ended step lasts is not
known, so nothing of a table changes in the course of one, and what follows is another table.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from shotlane.diagnostics import Span
from shotlane.plan._blocks import Block, Mask
from shotlane.plan._changed_values import LEAST
from shotlane.plan._exact import NS_PER_S, Floats, Integers
from shotlane.plan._findings import Findings, Told, shown, shown_time
from shotlane.plan._lowering import Lowered, lower
from shotlane.plan._readings import Reading
from shotlane.plan._scope import Rows
from shotlane.plan._set_lane import SetLane
from shotlane.plan._tables import Laid, beside
from shotlane.plan._timeline import Step, Timeline


@dataclass(frozen=True, slots=True)
class OnSteps:
    """A lane as it was laid out, with its targets on the steps of its instrument."""

    laid: Laid
    block: Block

    @property
    def rows(self) -> int:
        """How many rows of values it has."""
        return self.laid.rows

    @property
    def initial(self) -> Floats | None:
        """What set-up writes."""
        return self.laid.initial

    def fill(self, out: Floats) -> Mask:
        """Write the values; which candidates are sent."""
        return self.laid.fill(out)


def on_steps(lane: SetLane, laid: Laid, bounds: Sequence[Integers], timeline: Timeline) -> Laid:
    """The lane with its targets rounded, where its instrument keeps time itself."""
    if lane.channel.hardware is None:
        return laid
    block = laid.block
    targets = rounded(lane, block, bounds, timeline)
    return OnSteps(laid, Block(targets, block.values, block.valid, block.rank, block.periodic, block.cell))


def rounded(lane: SetLane, block: Block, bounds: Sequence[Integers], timeline: Timeline) -> Integers:
    """The targets so that what is really sent, early by the lead, lies on steps from its segment's origin."""
    assert lane.channel.hardware is not None
    step_ns = lane.channel.hardware.time_step_ns
    early = _origins(lane, block, bounds, timeline) + lane.channel.lead_ns
    return np.asarray((block.targets - early + step_ns // 2) // step_ns * step_ns + early)


def _origins(lane: SetLane, block: Block, bounds: Sequence[Integers], timeline: Timeline) -> Integers:
    """Where the segment of each candidate begins."""
    firsts = [segment_start(timeline, cell.cell.first) for cell in lane.cells] or [0]
    if len(set(firsts)) == 1:
        return bounds[firsts[0]]
    of_cells = beside([bounds[first] for first in firsts], np.int64)
    return of_cells[:, block.cell]


def segment_start(timeline: Timeline, position: int) -> int:
    """The step that begins the segment that a step lies in."""
    for opening in reversed(timeline.openings):
        if opening == position:
            return position
        if opening < position:
            return opening + 1
    return 0


def check_steps(
    findings: Findings,
    warnings: Findings,
    lane: SetLane,
    rows: Rows,
    bounds: Sequence[Integers],
    timeline: Timeline,
) -> None:
    """Find edges of a channel that are closer than a step: one would be lost, or come a good deal later.

    Warn of steps of the sequence whose edges lie apart by another time than was written.
    """
    if not lane.channel.programmed:
        return
    lowered = lower(lane, rows, bounds)
    block, keep = lowered.block, lowered.keep
    if block.width < 2:
        return
    steps = rounded(lane, block, bounds, timeline)
    assert lane.channel.hardware is not None
    bad = _too_close(steps, block.targets, keep, lane.channel.hardware.time_step_ns)
    if bad.any():
        _tell_step(findings, lane, rows, lowered, bad, bounds, timeline)
    else:
        _check_lengths(warnings, lane, rows, lowered, steps, bounds, timeline)


def _too_close(steps: Integers, targets: Integers, keep: Mask, step_ns: int) -> Mask:
    """Which commands are less than a step after the one before, as written or as rounded."""
    size = (max(len(steps), len(keep)), steps.shape[1])
    sent = np.broadcast_to(keep, size)
    at = np.where(sent, np.arange(size[1]), -1)
    last = np.maximum.accumulate(at, axis=1)[:, :-1]
    before = np.maximum(last, 0)
    wide_steps, wide_targets = np.broadcast_to(steps, size), np.broadcast_to(targets, size)
    same = np.take_along_axis(wide_steps, before, axis=1) == wide_steps[:, 1:]
    apart = wide_targets[:, 1:] - np.take_along_axis(wide_targets, before, axis=1)
    found = np.zeros(size, dtype=np.bool_)
    found[:, 1:] = sent[:, 1:] & (last >= 0) & (apart > 0) & (same | (apart < step_ns))
    return found


def _tell_step(
    findings: Findings,
    lane: SetLane,
    rows: Rows,
    lowered: Lowered,
    bad: Mask,
    bounds: Sequence[Integers],
    timeline: Timeline,
) -> None:
    at = int(np.argmax(bad.any(axis=1)))
    column = int(np.argmax(bad[at]))
    block = lowered.block
    times = block.targets[min(at, len(block.targets) - 1)]
    sent = np.broadcast_to(lowered.keep[min(at, len(lowered.keep) - 1)], times.shape)
    before, here = int(times[:column][sent[:column]][-1]), int(times[column])
    assert lane.channel.hardware is not None
    step = shown_time(lane.channel.hardware.time_step_ns)
    short = _step_between(timeline, bounds, at, before, here)
    if short is None:
        message = (
            f"'{lane.channel.name}' has time steps of {step}, and two edges are closer than that:"
            f" {shown(before / NS_PER_S)} s and {shown(here / NS_PER_S)} s"
        )
        span, help = lane.cells[int(block.cell[column])].key, "make the pulse or the step longer"
    else:
        lasts = shown_time(here - before)
        message = f"'{short.name}' lasts {lasts}, and '{lane.channel.role}' has time steps of {step}"
        span, help = _duration_span(timeline, short), f"make it {step} or longer"
    findings.add("SEQ240", span, rows, bad, lambda _: (message, help))


def _step_between(
    timeline: Timeline, bounds: Sequence[Integers], row: int, before: int, here: int
) -> Step | None:
    """The step of the sequence from one edge to the next; None where they are not its ends."""
    ends = [int(bound[min(row, len(bound) - 1), 0]) for bound in bounds]
    lasts = zip(timeline.steps, ends, ends[1:], strict=False)
    return next((step for step, start, end in lasts if (start, end) == (before, here)), None)


def _duration_span(timeline: Timeline, step: Step) -> Span:
    return step.duration.span if step.duration is not None else timeline.document.key_span(step.path)


def _check_lengths(
    warnings: Findings,
    lane: SetLane,
    rows: Rows,
    lowered: Lowered,
    steps: Integers,
    bounds: Sequence[Integers],
    timeline: Timeline,
) -> None:
    """Warn where the edges at both ends of a cell come further apart, or closer, than was written."""
    block, keep = lowered.block, lowered.keep
    opens = dict(zip(*(found.tolist() for found in np.unique(block.cell, return_index=True)), strict=True))
    for at, (one, other) in enumerate(pairwise(lane.cells)):
        first, last = one.cell.first, one.cell.last
        begins, ends = opens.get(at), opens.get(at + 1)
        if begins is None or ends is None or other.cell.first != last + 1:
            continue
        if timeline.opening_in(first, last) is not None:
            continue
        start, end = bounds[first], bounds[last + 1]
        asked, real = end - start, steps[:, [ends]] - steps[:, [begins]]
        edges = keep[:, [ends]] & (keep[:, [begins]] | (first == 0))
        edges = edges & (block.targets[:, [begins]] == start) & (block.targets[:, [ends]] == end)
        bad = edges & (np.abs(real - asked) > LEAST * asked)
        if bad.any():
            row = int(np.argmax(bad[:, 0]))
            times = [int(array[min(row, len(array) - 1), 0]) for array in (asked, real)]
            told = _told_length(lane, timeline, first, last, *times)
            span = _duration_span(timeline, timeline.steps[first])
            warnings.add("SEQ243", span, rows, bad, lambda _, told=told: told)  # type: ignore[misc]
            return


def _told_length(
    lane: SetLane, timeline: Timeline, first: int, last: int, asked_ns: int, real_ns: int
) -> Told:
    """Words for it that are those of all lanes of an instrument."""
    name = timeline.steps[first].name + (f"..{timeline.steps[last].name}" if last > first else "")
    assert lane.channel.hardware is not None
    step = shown_time(lane.channel.hardware.time_step_ns)
    message = (
        f"'{name}' lasts {shown_time(asked_ns)}, and {shown_time(real_ns)} on '{lane.channel.role}',"
        f" which has time steps of {step}"
    )
    return message, f"write multiples of {step}"


@dataclass(frozen=True, slots=True)
class Trigger:
    """A channel that gives a frame at each rising edge of another: its readings, and that lane."""

    name: str
    readings: tuple[Reading, ...]
    lane: SetLane | None
    span: Span

    @property
    def varies(self) -> bool:
        """Whether the number of edges may differ between points."""
        return self.lane is not None and self.lane.varies

    def check(self, findings: Findings, rows: Rows, bounds: Sequence[Integers], timeline: Timeline) -> None:
        """Find shots in which edges and readings do not agree, segment by segment."""
        segments = dict.fromkeys(segment_start(timeline, place) for place in range(len(timeline.steps)))
        lowered = None if self.lane is None else lower(self.lane, rows, bounds)
        for first in segments:
            wanted = sum(segment_start(timeline, it.cell.first) == first for it in self.readings)
            edges = self._edges(lowered, timeline, first)
            bad = edges != wanted
            if bad.any():
                row = int(np.argmax(bad[:, 0]))
                number = int(edges[row, 0])
                told = self._told(wanted, number, timeline, first, len(segments) > 1)
                if first == 0 and number < wanted and self._is_on(lowered, row):
                    told = (
                        told[0],
                        (
                            f"set-up writes that '{self.name}' is on at t = 0, which is no edge:"
                            " write `initial: false` in its lane"
                        ),
                    )
                findings.add("SEQ241", self.span, rows, bad, lambda _, told=told: told)  # type: ignore[misc]
                return

    def _edges(self, lowered: Lowered | None, timeline: Timeline, first: int) -> Integers:
        """How many rising edges a segment has; a column."""
        if lowered is None or self.lane is None or not self.lane.cells:
            return np.zeros((1, 1), dtype=np.int64)
        mine = np.array([segment_start(timeline, cell.cell.first) == first for cell in self.lane.cells])
        # Only what differs from the value before is sent, so each true that is sent is a rising edge.
        rising = lowered.keep & (lowered.block.values != 0) & mine[lowered.block.cell]
        return np.asarray(rising.sum(axis=1, keepdims=True), dtype=np.int64)

    def _is_on(self, lowered: Lowered | None, row: int) -> bool:
        """Whether set-up turns it on."""
        if lowered is None or lowered.initial is None:
            return False
        return bool(lowered.initial[min(row, len(lowered.initial) - 1), 0])

    def _told(self, wanted: int, edges: int, timeline: Timeline, first: int, several: bool) -> Told:
        where = f" from '{timeline.steps[first].name}' on" if several else ""
        readings = f"{wanted} reading{'s' * (wanted != 1)}"
        rising = f"{edges} rising edge{'s' * (edges != 1)}"
        message = f"{readings} of '{self.readings[0].channel.name}'{where}, and {rising} of '{self.name}'"
        return message, "each rising edge takes one frame, and each frame is read once"


def triggers_of(
    lanes: Sequence[SetLane], readings: Sequence[Reading], spans: Sequence[Span]
) -> list[Trigger]:
    """Every channel that is read by edges. `spans`: where the lane of each channel stands, by its index."""
    found: dict[int, list[Reading]] = {}
    for reading in readings:
        if reading.channel.triggered:
            found.setdefault(reading.index, []).append(reading)
    return [_trigger(tuple(own), lanes, spans[index]) for index, own in found.items()]


def _trigger(readings: tuple[Reading, ...], lanes: Sequence[SetLane], span: Span) -> Trigger:
    hardware = readings[0].channel.hardware
    assert hardware is not None
    name = str(hardware.trigger)
    lane = next((it for it in lanes if name in (it.channel.name, it.channel.target)), None)
    return Trigger(name, readings, lane, span)
