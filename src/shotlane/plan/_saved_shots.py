"""Shots of a plan file: chunks of arrays, in which what several shots share stands once.

A chunk has, per shot, the boundaries of its steps, the numbers of what it shares with others (the `_SHARED`
tables), its own values and its digest. Commands stand channel after channel and in the order of time within
each; the tables of the ports follow from that.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Channel, Command
from shotlane.plan._compiled import CompiledPlan
from shotlane.plan._digest import canonical, column
from shotlane.plan._levels import Texts
from shotlane.plan._levels import encode as code_of
from shotlane.plan._live_shot import LiveShot, Reader
from shotlane.plan._plan import (
    ActionTable,
    InitialValue,
    PlannedCall,
    PortPlan,
    ReadingRule,
    SegmentPlan,
    ShotPlan,
    StepTimes,
    decode,
)
from shotlane.plan._segment_digest import (
    calls_bytes,
    marks_bytes,
    moments_bytes,
    readings_bytes,
    segment_hash,
    steps_bytes,
)
from shotlane.plan._segment_digest import commands_of as sorted_commands

CHUNK = 256
Arrays = dict[str, NDArray[Any]]

_MARKS = np.dtype([("rank", "<i1"), ("order", "<i4"), ("channel", "<i4"), ("periodic", "?")])
_INITIAL = np.dtype([("channel", "<i8"), ("value", "<f8")])
_TEXT = np.dtype("u1")
_SHARED = {"marks": _MARKS, "targets": np.dtype("<i8"), "initial": _INITIAL, "rules": _TEXT}


@dataclass(frozen=True, slots=True)
class Context:
    """What shots of a file have in common. `commands` by `role.command`."""

    channels: tuple[Channel, ...]
    texts: tuple[str, ...]
    steps: tuple[str, ...]
    ports: tuple[str, ...]
    commands: Mapping[str, Command]
    live: Reader | None = None  # None where nothing runs live

    @property
    def shared(self) -> dict[str, Any]:
        """What shots share, by the type of its entries."""
        return _SHARED if self.live is None else {**_SHARED, "live": _TEXT}


class _Shared:
    """Arrays of one kind, each kept once and known by its number."""

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._known: dict[bytes, int] = {}
        self._parts: list[NDArray[Any]] = []

    def number(self, array: NDArray[Any]) -> int:
        """The number of an array, which is added when it is new."""
        found = self._known.setdefault(array.tobytes(), len(self._parts))
        if found == len(self._parts):
            self._parts.append(array)
        return found

    def arrays(self, name: str) -> Arrays:
        """All of them one after the other, and where each ends."""
        ends = np.cumsum([len(part) for part in self._parts], dtype=np.int64)
        return {name: np.concatenate([np.empty(0, self._kind), *self._parts]), f"{name}_ends": ends}


def chunks(plan: CompiledPlan, context: Context) -> Iterator[tuple[int, Arrays]]:
    """All shots in chunks, each led by the index of its first."""
    for first in range(0, len(plan), CHUNK):
        numbers = range(first + 1, min(first + CHUNK, len(plan)) + 1)
        yield first, _chunk(context, [_laid_out(plan, number) for number in numbers])


def _laid_out(plan: CompiledPlan, number: int) -> tuple[ShotPlan, SegmentPlan, bytes]:
    """A shot, how it is laid out as a whole, and what runs live in it."""
    stretch, _, row = plan.cutter.at(number - 1)
    live = stretch.live(row)
    return plan.shot(number), stretch.segment(row), b"" if live is None else live[1]


def _chunk(context: Context, shots: list[tuple[ShotPlan, SegmentPlan, bytes]]) -> Arrays:
    shared = {name: _Shared(kind) for name, kind in context.shared.items()}
    texts = Texts({text: index for index, text in enumerate(context.texts)})
    values, bounds, numbers, digests = [], [], [], []
    for shot, segment, live in shots:
        marks, targets, own = _commands(segment)
        initial = [(item.channel, code_of(context.channels[item.channel].attribute, texts, item.value))
                   for item in shot.initial]  # fmt: skip
        parts = {
            "marks": marks,
            "targets": targets,
            "initial": np.array(initial, dtype=_INITIAL),
            "rules": np.frombuffer(canonical(_rules(segment)), dtype=np.uint8),
            "live": np.frombuffer(live, dtype=np.uint8),
        }
        numbers.append([shared[name].number(parts[name]) for name in shared])
        values.append(own)
        bounds.append([0, *(step.end_ns for step in segment.steps)])
        digests.append(np.frombuffer(bytes.fromhex(shot.digest), dtype=np.uint8))
    tables = {name: array for kind in shared for name, array in shared[kind].arrays(kind).items()}
    return {
        "values": np.concatenate(values),
        "values_ends": np.cumsum([len(own) for own in values], dtype=np.int64),
        "bounds": np.array(bounds, dtype=np.int64),
        "numbers": np.array(numbers, dtype=np.int32),
        "digests": np.stack(digests),
        **tables,
    }


def _commands(segment: SegmentPlan) -> tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float64]]:
    """Marks, targets and values of all ports, channel after channel."""
    sent = sorted_commands(segment)
    marks = np.empty(len(sent.value), dtype=_MARKS)
    for name in ("rank", "order", "channel", "periodic"):
        marks[name] = getattr(sent, name)
    return marks, sent.target_ns.astype(np.int64), sent.value.astype(np.float64)


def _rules(segment: SegmentPlan) -> list[Any]:
    """Readings and calls of all ports as plain values."""
    readings = [
        [port.port, rule.channel, rule.start_ns, rule.period_ns, rule.count, rule.rank, rule.order,
         rule.tolerance_ns, rule.periodic]
        for port in segment.ports.values() for rule in port.readings
    ]  # fmt: skip
    calls = [
        [port.port, call.target_ns, call.rank, call.order, call.role, call.command.name, dict(call.arguments)]
        for port in segment.ports.values()
        for call in port.calls
    ]
    return [readings, calls]


def commands_of(plan: CompiledPlan) -> dict[str, Command]:
    """Every command that is called, by `role.command`; all shots call the same ones."""
    found: dict[str, Command] = {}
    for segment in plan.shot(1).segments:
        for port in segment.ports.values():
            found |= {f"{call.role}.{call.command.name}": call.command for call in port.calls}
    return dict(sorted(found.items()))


class SavedStretch:
    """A chunk of `count` shots that was read. Raises `ValueError` for one that is none."""

    def __init__(self, context: Context, arrays: Arrays, count: int) -> None:
        if arrays["numbers"].shape != (count, len(context.shared)):
            raise ValueError(f"it does not hold {count} shots")
        self._context = context
        self._arrays = arrays
        self._numbers = arrays["numbers"].tolist()
        self._live: dict[int, tuple[LiveShot, bytes]] = {}

    def _part(self, name: str, number: int) -> NDArray[Any]:
        ends = self._arrays[f"{name}_ends"]
        return self._arrays[name][int(ends[number - 1]) if number else 0 : int(ends[number])]

    def _shared(self, name: str, row: int) -> NDArray[Any]:
        return self._part(name, self._number(name, row))

    def _number(self, name: str, row: int) -> int:
        """Which of the parts of a kind a shot has."""
        return int(self._numbers[row][list(self._context.shared).index(name)])

    def saved_digest(self, row: int) -> str:
        """The digest that a shot had when it was saved."""
        return str(self._arrays["digests"][row].tobytes().hex())

    def initial(self, row: int) -> tuple[tuple[InitialValue, ...], bytes]:
        """What set-up writes, in the order of the lanes, and its canonical bytes."""
        written = self._shared("initial", row)
        channels = self._context.channels
        values = tuple(
            InitialValue(channel, decode(channels[channel], value, self._context.texts))
            for channel, value in written.tolist()
        )
        return values, column(written["channel"], "i8") + column(written["value"], "f8")

    def live(self, row: int) -> tuple[LiveShot, bytes] | None:
        """What runs live in a shot, and its canonical bytes; None where nothing does."""
        if self._context.live is None:
            return None
        number = self._number("live", row)
        if number not in self._live:
            told = self._part("live", number).tobytes()
            self._live[number] = (self._context.live.shot(json.loads(told)), told)
        return self._live[number]

    def segment(self, row: int) -> SegmentPlan:
        """A shot as laid out, open-ended steps at their longest."""
        marks, targets = self._shared("marks", row), self._shared("targets", row)
        values = self._part("values", row)
        readings, calls = self._rules(row)
        bounds = self._arrays["bounds"][row]
        edges = pairwise(bounds.tolist())
        steps = tuple(StepTimes(name, *edge) for name, edge in zip(self._context.steps, edges, strict=True))
        hash_ = segment_hash(
            steps_bytes(self._context.steps, bounds),
            marks_bytes(marks["rank"], marks["order"], marks["channel"], marks["periodic"]),
            moments_bytes(targets),
            readings_bytes(rule for _, rule in readings),
            calls_bytes(call for _, call in calls),
            len(values),
        )
        hash_.update(column(values, "f8"))
        ports = {
            port: PortPlan(
                port,
                self._table(port, marks, targets, values),
                tuple(call for own, call in calls if own == port),
                tuple(rule for own, rule in readings if own == port),
            )
            for port in self._context.ports
        }
        return SegmentPlan(int(bounds[-1]), steps, ports, hash_.hexdigest())

    def _rules(self, row: int) -> tuple[list[tuple[str, ReadingRule]], list[tuple[str, PlannedCall]]]:
        """Readings and calls, each with its port."""
        readings, calls = json.loads(self._shared("rules", row).tobytes())
        commands = self._context.commands
        return (
            [(port, ReadingRule(*rule)) for port, *rule in readings],
            [
                (port, PlannedCall(target, rank, order, role, commands[f"{role}.{name}"], arguments))
                for port, target, rank, order, role, name, arguments in calls
            ],
        )

    def _table(
        self, port: str, marks: NDArray[Any], targets: NDArray[np.int64], values: NDArray[np.float64]
    ) -> ActionTable:
        own = [index for index, channel in enumerate(self._context.channels) if channel.port == port]
        mine = np.flatnonzero(np.isin(marks["channel"], own))
        at = mine[np.lexsort((marks["order"][mine], marks["rank"][mine], targets[mine]))]
        rank, order, channel, periodic = (
            np.ascontiguousarray(marks[name][at]) for name in ("rank", "order", "channel", "periodic")
        )
        return ActionTable(targets[at], rank, order, channel, values[at], periodic)
