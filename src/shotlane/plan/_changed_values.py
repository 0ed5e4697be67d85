"""What rounding to a resolution makes of the values that were written: told where it is not what was asked.

Of a lane one thing is told, the worst: a value that becomes zero, two points of the sweep that become one, or
a value that is a good deal another one. What changes over time is not looked at: its ticks are rounded as is
meant. A value that its author wrote out of reach of the limits is told elsewhere.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from shotlane.diagnostics import Report, Span
from shotlane.expression import Unit
from shotlane.model import Attribute, Channel
from shotlane.plan._blocks import Mask
from shotlane.plan._exact import Floats, Integers
from shotlane.plan._findings import shown
from shotlane.plan._levels import TermLevel
from shotlane.plan._rounding import as_sent, significant
from shotlane.plan._scope import Rows, Scope

CODE = "SEQ406"

# What is told of has moved by more than this part of itself.
LEAST = 0.01
# Closer than this part of a step two values are one: they differ by the last bits of what computed them.
_SAME = 1e-6
# Points that are compared with each other; further ones with those of their own stretch.
_MOST = 65_536


class _Kind(IntEnum):
    ZERO = 0
    MERGED = 1
    MOVED = 2


@dataclass(frozen=True, slots=True)
class _Change:
    kind: _Kind
    shot: int
    span: Span
    message: str
    help: str
    varies: bool


@dataclass(frozen=True, slots=True)
class _Written:
    """A value of a lane at a stretch of points, in the unit of its channel."""

    rows: Rows
    index: int
    channel: Channel
    level: TermLevel
    asked: Floats
    values: Floats
    sound: Mask

    def text(self, at: int) -> str:
        """What was asked for, and what is set."""
        wanted = _with_unit(self.channel.attribute, float(self.asked[at, 0]))
        found = _with_unit(self.channel.attribute, float(self.values[at, 0]))
        return f"'{self.channel.name}' is asked for {wanted} and set to {found}"


@dataclass(slots=True)
class ChangedValues:
    """Looks at all stretches of points. `name_point`: parameters of a point as text, by its index."""

    total: int
    name_point: Callable[[int], str]
    _found: dict[int, _Change] = field(default_factory=dict)
    _points: dict[Span, tuple[Floats, Integers]] = field(default_factory=dict)

    def look(self, rows: Rows, index: int, channel: Channel, level: TermLevel, values: Floats) -> None:
        """Compare values as sent with those that were asked for."""
        step = _step_of(channel.attribute)
        if step is None:
            return
        numbers = np.asarray(level.term.column(rows), dtype=np.float64)
        unit = channel.attribute.unit
        asked = significant(numbers if unit is None else unit.from_si(numbers))
        sound = np.isfinite(asked) & np.isfinite(values)
        written = _Written(rows, index, channel, level, asked, values, sound)
        self._zero(written, step)
        self._moved(written, step)
        if level.varies and _is_of_one_axis(rows.scope, level):
            self._merged(written, step)

    def report(self, report: Report) -> None:
        """Warn of every lane once."""
        for change in self._found.values():
            message = change.message
            if change.varies and change.kind is not _Kind.MERGED:
                message += f", at shot {change.shot + 1} of {self.total} ({self.name_point(change.shot)})"
            report.warning(CODE, message, change.span, help=change.help)

    def _zero(self, written: _Written, step: float) -> None:
        unit = written.channel.attribute.unit
        if unit is None or not unit.point:  # where it is none, zero is a value like others
            bad = written.sound & (written.values == 0) & (np.abs(written.asked) > _SAME * step)
            self._take(_Kind.ZERO, written, bad)

    def _moved(self, written: _Written, step: float) -> None:
        whole = _range_of(written.channel.attribute)
        reference = np.abs(written.asked) if whole is None else whole
        moved = np.abs(written.values - written.asked)
        bad = written.sound & (moved > LEAST * reference) & (moved > _SAME * step)
        self._take(_Kind.MOVED, written, bad)

    def _take(self, kind: _Kind, written: _Written, bad: Mask) -> None:
        if bad.any():
            at = int(np.argmax(bad[:, 0]))
            help = f"write a multiple of {_resolution_text(written.channel)}"
            self._keep(kind, written, written.rows.first + at, written.text(at), help)

    def _merged(self, written: _Written, step: float) -> None:
        span = written.level.span
        known, shots = self._points.get(span, (np.empty(0), np.empty(0, dtype=np.int64)))
        every = np.concatenate([known, written.asked[written.sound]])
        numbers = np.concatenate([shots, written.rows.first + np.flatnonzero(written.sound)])
        every, first = np.unique(every, return_index=True)
        numbers = numbers[first]
        if len(every) <= _MOST:
            self._points[span] = every, numbers
        # Rounding keeps an order, so what becomes one value stands side by side.
        found = as_sent(every, written.channel.attribute)
        pairs = np.flatnonzero((found[1:] == found[:-1]) & (np.diff(every) > _SAME * step))
        if not len(pairs):
            return
        pair = int(pairs[np.argmin(np.maximum(numbers[pairs], numbers[pairs + 1]))])
        one, other = sorted((int(numbers[at]), float(every[at])) for at in (pair, pair + 1))
        attribute = written.channel.attribute
        text = (
            f"'{written.channel.name}' is set to {_with_unit(attribute, float(found[pair]))} in shots"
            f" {one[0] + 1} and {other[0] + 1}, which ask for {_with_unit(attribute, one[1])}"
            f" and {_with_unit(attribute, other[1])}"
        )
        help = f"let points lie {_resolution_text(written.channel)} apart, or more"
        self._keep(_Kind.MERGED, written, other[0], text, help)

    def _keep(self, kind: _Kind, written: _Written, shot: int, text: str, help: str) -> None:
        known = self._found.get(written.index)
        if known is None or known.kind > kind:
            message = f"{text}: its resolution is {_resolution_text(written.channel)}"
            level = written.level
            self._found[written.index] = _Change(kind, shot, level.span, message, help, level.varies)


def _step_of(attribute: Attribute) -> float | None:
    """About the step between two values; None of what is not rounded, or refused when it is not whole."""
    if attribute.grid is None:
        return attribute.resolution
    if attribute.grid.raws:
        values, raws = attribute.grid.values, attribute.grid.raws
        return attribute.grid.step * abs((values[-1] - values[0]) / (raws[-1] - raws[0]))
    return attribute.resolution


def _range_of(attribute: Attribute) -> float | None:
    """What a change is a part of, where zero may stand anywhere; None: of the value itself."""
    scale = attribute.unit is not None and attribute.unit.point
    if not scale and (attribute.grid is None or not attribute.grid.raws):
        return None
    if attribute.low is None or attribute.high is None:
        return np.inf  # not known
    return attribute.high - attribute.low


def _is_of_one_axis(scope: Scope, level: TermLevel) -> bool:
    """Whether one swept name decides the value: several may give nearly the same one by right."""
    varying = {name for name in scope.sources(level.term.expression.names) if scope.varies([name])}
    return sum(varying.isdisjoint(scope.uses.get(name, ())) for name in varying) == 1


def _with_unit(attribute: Attribute, number: float) -> str:
    return f"{shown(number)} {attribute.unit.text if attribute.unit else ''}".rstrip()


def _resolution_text(channel: Channel) -> str:
    """The resolution, as whoever declared it would say it."""
    attribute, grid = channel.attribute, channel.attribute.grid
    if grid is None:
        return _step_text(attribute.resolution, attribute.unit)
    return f"{_step_text(grid.step, grid.raw_unit)} of '{channel.target}'"


def _step_text(step: float | None, unit: Unit | None) -> str:
    """A difference: that of two temperatures in degC is in K."""
    text = "" if unit is None else "K" if unit.text == "degC" else unit.text
    return f"{shown(step)} {text}".rstrip()
