"""A compiled sequence: frozen, and every shot is cut out of it when its turn comes."""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import numpy as np

from shotlane.model import Channel
from shotlane.plan._cut import Stretch
from shotlane.plan._digest import canonical, column, describe_channels, digest
from shotlane.plan._live_shot import LiveShot
from shotlane.plan._optimization import AskedPoint, Optimization
from shotlane.plan._plan import (
    PLAN_FORMAT,
    InitialValue,
    LanePlan,
    Points,
    RetryPolicy,
    SegmentPlan,
    ShotPlan,
    Value,
)
from shotlane.plan._program import Program
from shotlane.plan._segments import split
from shotlane.plan._summary import PlanSummary


class CutStretch(Protocol):
    """Some shots in a row, wherever they come from."""

    def segment(self, row: int) -> SegmentPlan:
        """A shot as laid out, open-ended steps at their longest."""

    def live(self, row: int) -> tuple[LiveShot, bytes] | None:
        """What runs live in a shot, and its canonical bytes; None where nothing does."""

    def initial(self, row: int) -> tuple[tuple[InitialValue, ...], bytes]:
        """What set-up writes, and its canonical bytes."""


class ShotSource(Protocol):
    """Where the shots of a plan come from."""

    def at(self, index: int) -> "tuple[CutStretch, ParameterRows, int]":
        """The stretch that holds a point, its parameters, and the row in it."""


class Cutter:
    """Keeps the stretch of points that was cut last. Threads may share it."""

    def __init__(self, program: Program, points: Points, ports: Mapping[str, frozenset[int]]) -> None:
        self._program = program
        self._points = points
        self._ports = ports
        self._lock = threading.Lock()
        self._size = program.stretch_rows()
        self._last: tuple[Stretch, ParameterRows] | None = None

    def at(self, index: int) -> tuple[Stretch, "ParameterRows", int]:
        """The stretch that holds a point, its parameters, and the row in it."""
        first = index // self._size * self._size
        with self._lock:
            if self._last is None or self._last[0].rows.first != first:
                rows = self._program.scope.rows(first, min(first + self._size, self._points.count))
                stretch = Stretch(self._program, rows, self._ports)
                self._last = (stretch, ParameterRows(self._points, rows.first, rows.stop))
            return *self._last, index - first


class ParameterRows:
    """Parameters and labels of a stretch of points as Python values, and their canonical bytes."""

    def __init__(self, points: Points, first: int, stop: int) -> None:
        self._names = tuple(points.columns)
        parts = {name: values[first:stop] for name, values in points.columns.items()}
        self._rows = list(zip(*(values.tolist() for values in parts.values()), strict=True))
        numbers = [values for values in parts.values() if values.dtype != object]
        texts = [values.tolist() for values in parts.values() if values.dtype == object]
        self._width = 8 * len(numbers)
        self._numbers = column(np.stack(numbers, axis=1), "f8") if numbers else b""
        self._texts = [canonical(row) for row in zip(*texts, strict=True)]

    def values(self, row: int) -> dict[str, Value]:
        """By name, in declared order."""
        return dict(zip(self._names, self._rows[row], strict=True)) if self._names else {}

    def canonical(self, row: int) -> bytes:
        """Numbers, then texts."""
        texts = self._texts[row] if self._texts else b""
        return self._numbers[self._width * row : self._width * (row + 1)] + texts


@dataclass(frozen=True)
class CompiledPlan:
    """The plan of a run. `content`: canonical bytes of what the author asked for, for the digest.

    `files`: texts of the files that it was made from, by name: sweep points, functions of results.
    `compile_point`: the shot of a point that an optimiser asks for, or why it is not allowed; None of a plan
    that was saved.
    """

    sequence: str
    station: str
    description: str
    tags: tuple[str, ...]
    channels: tuple[Channel, ...]
    lanes: tuple[LanePlan, ...]
    roles: tuple[str, ...]
    texts: tuple[str, ...]
    points: Points
    retry: RetryPolicy
    cadence_ns: int | None
    summary: PlanSummary
    content: bytes = field(repr=False)
    cutter: ShotSource = field(repr=False, compare=False)
    format: int = PLAN_FORMAT
    files: Mapping[str, str] = field(default_factory=dict, repr=False)
    on_fail: str = "continue"
    between: str = "hold"
    optimization: Optimization | None = None
    compile_point: Callable[[AskedPoint], ShotPlan | str] | None = field(
        default=None, repr=False, compare=False
    )

    def __len__(self) -> int:
        """Number of shots."""
        return self.points.count

    @cached_property
    def _head(self) -> bytes:
        """What all shots share: the channels in use, and the names and units of the parameters."""
        units = canonical([[name, unit] for name, unit in self.points.units.items()])
        return digest(describe_channels(self.channels, self.texts), units).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what was asked for, the points, the channels in use, and the first shot."""
        columns = [_column_bytes(name, values) for name, values in self.points.columns.items()]
        count = canonical([len(self), list(self.points.swept)])
        if self.optimization is not None:
            count += canonical(self.optimization.told())
        return digest(self._head, self.content, count, *columns, self.shot(1).digest.encode())

    def shot(self, number: int) -> ShotPlan:
        """Cut one shot out; `number` counts from 1. Raises `IndexError`."""
        if not 1 <= number <= len(self):
            raise IndexError(f"shot {number} of a plan with {len(self)}")
        stretch, parameters, row = self.cutter.at(number - 1)
        initial, written = stretch.initial(row)
        segment = stretch.segment(row)
        live = stretch.live(row)
        parts = (self._head, parameters.canonical(row), written, segment.digest.encode())
        if live is None:
            return ShotPlan(number, parameters.values(row), initial, (segment,), digest(*parts))
        what, told = live
        return ShotPlan(
            number,
            parameters.values(row),
            initial,
            split(segment, what.endings, [channel.lead_ns for channel in self.channels]),
            digest(*parts, told),
            what.results,
            what.interlocks,
        )

    def shots(self) -> Iterator[ShotPlan]:
        """All shots, one at a time."""
        return (self.shot(number) for number in range(1, len(self) + 1))


def _column_bytes(name: str, values: Any) -> bytes:
    """A column of points in canonical bytes; one that is the same everywhere counts once."""
    if values.strides == (0,):
        values = values[:1]
    if values.dtype == object:
        return canonical([name, values.tolist()])
    return canonical(name) + column(values, "f8")
