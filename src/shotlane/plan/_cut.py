"""Cutting shots out of a program: arrays for a stretch of points, then views of one row.

Invariant: a shot does not depend on the stretch that it was cut from. Where nothing about times differs
between points, everything but the values is shared by all shots of a stretch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.plan._blocks import Mask
from shotlane.plan._calls import Call, call_times
from shotlane.plan._digest import canonical, column, describe_call, digest
from shotlane.plan._exact import Floats, Integers
from shotlane.plan._lowering import Lowered, lower
from shotlane.plan._plan import (
    ActionTable,
    InitialValue,
    PlannedCall,
    PortPlan,
    ReadingRule,
    SegmentPlan,
    StepTimes,
    decode,
)
from shotlane.plan._program import Program
from shotlane.plan._readings import SINGLE_TOLERANCE_NS, Reading, ReadTimes, read_times
from shotlane.plan._scope import Rows

_MOST_LAYOUTS = 64


@dataclass(frozen=True, slots=True)
class Columns:
    """Candidates of all lanes side by side, lane after lane. Two-dimensional ones have one row or n."""

    targets: Integers
    values: Floats
    keep: Mask
    rank: NDArray[np.int8]
    order: NDArray[np.int32]
    channel: NDArray[np.int32]
    periodic: Mask


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything of a row but its values. `columns`: which candidates are sent, lane after lane.

    `ports`: per port the actions in order, as positions in `columns`; `tables` share their arrays.
    """

    columns: NDArray[np.intp]
    ports: Mapping[str, tuple[NDArray[np.intp], ActionTable]]
    digest: bytes


class Stretch:
    """A stretch of points, ready to be cut."""

    def __init__(self, program: Program, rows: Rows, ports: Mapping[str, frozenset[int]]) -> None:
        """`ports`: every port with the indices of its channels."""
        self.rows = rows
        self._program = program
        self._ports = ports
        self._bounds = program.timeline.boundaries(rows)
        lanes = program.lanes
        self._lowered = [lower(lane, rows, self._bounds) for lane in lanes.sets]
        self._columns = _columns(program, self._lowered)
        self._times = [read_times(reading, rows, self._bounds) for reading in lanes.readings]
        self._calls = [_CallColumns(call, rows, self._bounds) for call in lanes.calls]
        self._initial = _initial_rows(program, self._lowered)
        self._shared_steps = self._steps(0) if all(len(bound) == 1 for bound in self._bounds) else None
        self._shared_readings = self._rules(0) if all(_single(times) for times in self._times) else None
        self._shared_calls = self._call_lists(0) if all(call.single for call in self._calls) else None
        self._layouts: dict[bytes, Layout] = {}

    def segment(self, row: int) -> SegmentPlan:
        """The one segment of a shot; `row` counts from the first point of the stretch."""
        layout = self._layout_of(row)
        values = _row(self._columns.values, row)[layout.columns]
        steps, step_bytes = self._shared_steps or self._steps(row)
        readings, reading_bytes = self._shared_readings or self._rules(row)
        calls, call_bytes = self._shared_calls or self._call_lists(row)
        ports = {}
        for port, (at, table) in layout.ports.items():
            actions = ActionTable(
                table.target_ns, table.rank, table.order, table.channel, values[at], table.periodic
            )
            ports[port] = PortPlan(port, actions, calls[port], readings[port])
        mark = digest(step_bytes, layout.digest, reading_bytes, call_bytes, column(values, "f8"))
        return SegmentPlan(steps[-1].end_ns if steps else 0, steps, ports, mark)

    def initial(self, row: int) -> tuple[tuple[InitialValue, ...], bytes]:
        """What set-up writes, in the order of the lanes, and its canonical bytes."""
        return self._initial[row if len(self._initial) > 1 else 0]

    def _layout_of(self, row: int) -> Layout:
        """Rows whose commands have the same times share a layout."""
        columns = self._columns
        if len(columns.targets) > 1:
            return self._layout(row)
        key = _row(columns.keep, row).tobytes()
        found = self._layouts.get(key)
        if found is None:
            if len(self._layouts) >= _MOST_LAYOUTS:
                self._layouts.clear()
            found = self._layouts[key] = self._layout(row)
        return found

    def _layout(self, row: int) -> Layout:
        columns = self._columns
        sent = np.flatnonzero(_row(columns.keep, row))
        targets = _row(columns.targets, row)[sent]
        rank, order = columns.rank[sent], columns.order[sent]
        channel, periodic = columns.channel[sent], columns.periodic[sent]
        mark = digest(
            column(targets, "i8"),
            column(rank, "i1"),
            column(order, "i4"),
            column(channel, "i4"),
            column(periodic, "i1"),
        )
        ports = {}
        for port, channels in self._ports.items():
            mine = np.flatnonzero(np.isin(channel, list(channels)))
            at = mine[np.lexsort((order[mine], rank[mine], targets[mine]))]
            empty = np.empty(0, dtype=np.float64)
            table = ActionTable(targets[at], rank[at], order[at], channel[at], empty, periodic[at])
            ports[port] = (at, table)
        return Layout(sent, ports, mark.encode())

    def _steps(self, row: int) -> tuple[tuple[StepTimes, ...], bytes]:
        marks = [int(_row(bound, row)[0]) for bound in self._bounds]
        steps = self._program.timeline.steps
        found = tuple(
            StepTimes(step.name, *times) for step, times in zip(steps, pairwise(marks), strict=True)
        )
        return found, canonical([[step.name, step.start_ns, step.end_ns] for step in found])

    def _rules(self, row: int) -> tuple[dict[str, tuple[ReadingRule, ...]], bytes]:
        found: dict[str, list[ReadingRule]] = {port: [] for port in self._ports}
        told = []
        for reading, times in zip(self._program.lanes.readings, self._times, strict=True):
            rule = _rule(reading, times, row)
            if rule.count > 0:
                found[reading.channel.port].append(rule)
                told.append([rule.channel, rule.start_ns, rule.period_ns, rule.count, rule.rank, rule.order])
        return {port: tuple(rules) for port, rules in found.items()}, canonical(told)

    def _call_lists(self, row: int) -> tuple[dict[str, tuple[PlannedCall, ...]], bytes]:
        found: dict[str, list[PlannedCall]] = {port: [] for port in self._ports}
        told = []
        for call in self._calls:
            planned = call.planned(row)
            found[call.call.role.port].append(planned)
            text = describe_call(planned.role, planned.command, planned.arguments)
            told.append([planned.target_ns, planned.rank, planned.order, text])
        ordered = {
            port: tuple(sorted(calls, key=lambda item: (item.target_ns, item.rank, item.order)))
            for port, calls in found.items()
        }
        return ordered, canonical(told)


def _columns(program: Program, lowered: Sequence[Lowered]) -> Columns:
    """All lanes side by side."""
    sets = program.lanes.sets
    blocks = [item.block for item in lowered]
    orders = [
        np.array([cell.order for cell in lane.cells] or [0], dtype=np.int32)[block.cell]
        for lane, block in zip(sets, blocks, strict=True)
    ]
    channels = [np.full(block.width, lane.index) for lane, block in zip(sets, blocks, strict=True)]
    return Columns(
        _beside([block.targets for block in blocks], np.int64),
        _beside([block.values for block in blocks], np.float64),
        _beside([item.keep for item in lowered], np.bool_),
        _after([block.rank for block in blocks], np.int8),
        _after(orders, np.int32),
        _after(channels, np.int32),
        _after([block.periodic for block in blocks], np.bool_),
    )


def _beside(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    rows = max((len(array) for array in arrays), default=1)
    whole = np.empty((rows, sum(array.shape[1] for array in arrays)), dtype=kind)
    at = 0
    for array in arrays:
        whole[:, at : at + array.shape[1]] = array
        at += array.shape[1]
    return whole


def _after(arrays: Sequence[NDArray[Any]], kind: Any) -> NDArray[Any]:
    return np.concatenate([np.empty(0, dtype=kind), *arrays]).astype(kind)


def _row(array: NDArray[Any], row: int) -> NDArray[Any]:
    """A row of a two-dimensional array that may have a single one for all."""
    return np.asarray(array[row if len(array) > 1 else 0])


def _single(times: ReadTimes) -> bool:
    return all(len(item) == 1 for item in (times.start, times.period, times.count, times.rank))


def _rule(reading: Reading, times: ReadTimes, row: int) -> ReadingRule:
    start, period, count, rank = (
        int(_row(item, row)[0]) for item in (times.start, times.period, times.count, times.rank)
    )
    periodic = reading.rate is not None
    tolerance = reading.tolerance_ns
    if tolerance is None:
        tolerance = period // 2 if periodic else SINGLE_TOLERANCE_NS
    return ReadingRule(reading.index, start, period, count, rank, reading.order, tolerance, periodic)


def _initial_rows(
    program: Program, lowered: Sequence[Lowered]
) -> list[tuple[tuple[InitialValue, ...], bytes]]:
    """What set-up writes at every point, or once where it is the same at all."""
    texts = tuple(program.lanes.texts.index)
    written = [
        (lane, item.initial)
        for lane, item in zip(program.lanes.sets, lowered, strict=True)
        if item.initial is not None
    ]
    count = max((len(values) for _, values in written), default=1)
    columns = []
    for lane, values in written:
        entries = [
            InitialValue(lane.index, decode(lane.channel, value, texts)) for value in values[:, 0].tolist()
        ]
        columns.append(entries if len(entries) == count else entries * count)
    indices = column(np.array([lane.index for lane, _ in written], dtype=np.int64), "i8")
    coded = column(_beside([values for _, values in written], np.float64), "f8")
    width = 8 * len(written)
    rows = list(zip(*columns, strict=True)) if columns else [()]
    return [(row, indices + coded[width * at : width * (at + 1)]) for at, row in enumerate(rows)]


class _CallColumns:
    """A call at a stretch of points."""

    def __init__(self, call: Call, rows: Rows, bounds: Sequence[Integers]) -> None:
        self.call = call
        self._targets, self._ranks = call_times(call, rows, bounds)
        self._arguments = [(argument.parameter.name, argument.values(rows)) for argument in call.arguments]

    @property
    def single(self) -> bool:
        """Whether it is the same at all points."""
        lengths = [len(self._targets), len(self._ranks), *(len(values) for _, values in self._arguments)]
        return max(lengths) == 1

    def planned(self, row: int) -> PlannedCall:
        """The call in one shot."""
        arguments = {name: values[row if len(values) > 1 else 0] for name, values in self._arguments}
        return PlannedCall(
            int(_row(self._targets, row)[0]),
            int(_row(self._ranks, row)[0]),
            self.call.order,
            self.call.role.name,
            self.call.command,
            arguments,
        )
