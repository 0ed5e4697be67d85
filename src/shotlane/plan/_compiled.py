"""A compiled sequence: frozen, and every shot is cut out of it when its turn comes."""

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from shotlane.model import Channel
from shotlane.plan._cut import Stretch
from shotlane.plan._digest import canonical, column, describe_channels, digest
from shotlane.plan._plan import PLAN_FORMAT, LanePlan, Points, RetryPolicy, ShotPlan, Value
from shotlane.plan._program import Program
from shotlane.plan._summary import PlanSummary


class Cutter:
    """Keeps the stretch of points that was cut last. Threads may share it."""

    def __init__(self, program: Program, ports: Mapping[str, frozenset[int]]) -> None:
        self._program = program
        self._ports = ports
        self._lock = threading.Lock()
        self._size = program.stretch_rows()
        self._stretch: Stretch | None = None

    def at(self, index: int) -> tuple[Stretch, int]:
        """The stretch that holds a point, and its row in it."""
        first = index // self._size * self._size
        with self._lock:
            if self._stretch is None or self._stretch.rows.first != first:
                stop = min(first + self._size, self._program.scope.count)
                self._stretch = Stretch(self._program, self._program.scope.rows(first, stop), self._ports)
            return self._stretch, index - first


@dataclass(frozen=True)
class CompiledPlan:
    """The plan of a run. `content`: canonical bytes of what the author asked for, for the digest."""

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
    summary: PlanSummary
    content: bytes = field(repr=False)
    cutter: Cutter = field(repr=False, compare=False)
    format: int = PLAN_FORMAT

    def __len__(self) -> int:
        """Number of shots."""
        return self.points.count

    @cached_property
    def _channel_mark(self) -> bytes:
        return digest(describe_channels(self.channels, self.texts)).encode()

    @cached_property
    def digest(self) -> str:
        """SHA-256 over what was asked for, the points, the channels in use, and the first shot."""
        columns = [_column_bytes(name, values) for name, values in self.points.columns.items()]
        units = canonical([[name, unit] for name, unit in self.points.units.items()])
        first = self.shot(1).digest.encode()
        return digest(self._channel_mark, self.content, units, *columns, first)

    def shot(self, number: int) -> ShotPlan:
        """Cut one shot out; `number` counts from 1. Raises `IndexError`."""
        if not 1 <= number <= len(self):
            raise IndexError(f"shot {number} of a plan with {len(self)}")
        stretch, row = self.cutter.at(number - 1)
        parameters = self._parameters(number - 1)
        initial = stretch.initial(row)
        segment = stretch.segment(row)
        mark = digest(
            self._channel_mark,
            canonical(list(parameters.items())),
            canonical([[item.channel, item.value] for item in initial]),
            segment.digest.encode(),
        )
        return ShotPlan(number, parameters, initial, (segment,), mark)

    def shots(self) -> Iterator[ShotPlan]:
        """All shots, one at a time."""
        return (self.shot(number) for number in range(1, len(self) + 1))

    def _parameters(self, index: int) -> dict[str, Value]:
        return {name: _plain(values[index]) for name, values in self.points.columns.items()}


def _plain(value: Any) -> Value:
    """A Python value of an entry of a column."""
    plain: Value = value.item() if isinstance(value, np.generic) else value
    return plain


def _column_bytes(name: str, values: Any) -> bytes:
    """A column of points in canonical bytes; one that is the same everywhere counts once."""
    if values.strides == (0,):
        values = values[:1]
    if values.dtype == object:
        return canonical([name, values.tolist()])
    return canonical(name) + column(values, "f8")
