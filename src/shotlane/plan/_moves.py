"""What a cell does: hold a value, follow a function or a ramp, pulse, or go from point to point.

Every move gives its value at the start of the cell, at its end, and the candidates in between. Times are
integer ns, values as sent. A changing value is taken at the start of its stretch and every so often after it
as long as a margin remains to the end; edges of pulses and jumps are exact.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from shotlane.model import Attribute
from shotlane.plan._blocks import Block, joined, make_block
from shotlane.plan._exact import NS_PER_S, Floats, Integers, ticks_within, to_ns
from shotlane.plan._levels import Level, sent
from shotlane.plan._places import Place
from shotlane.plan._rounding import as_sent
from shotlane.plan._scope import Rows
from shotlane.plan._term import Term


@dataclass(frozen=True, slots=True)
class Frame:
    """A cell at a stretch of points; columns. `before` and `after`: values beside the cell, where known."""

    rows: Rows
    cell: int
    start: Integers
    end: Integers
    every: Integers
    margin: int
    before: Floats | None = None
    after: Floats | None = None

    @property
    def length(self) -> Integers:
        """Length in ns."""
        return self.end - self.start

    def at(self, rows: Rows, before: Floats | None = None, after: Floats | None = None) -> "Frame":
        """The cell at other points, where its times are the same."""
        return Frame(rows, self.cell, self.start, self.end, self.every, self.margin, before, after)

    def ticks(self, start: Integers, end: Integers) -> tuple[Integers, Integers]:
        """Number of every tick (1, m), and how many of them a stretch has (n, 1)."""
        count = ticks_within(end - start, self.every, self.margin)
        return np.arange(int(count.max()), dtype=np.int64)[np.newaxis, :], count


class Move(Protocol):
    """What a cell does."""

    @property
    def changing(self) -> bool:
        """Whether it is sent again and again."""

    @property
    def varies(self) -> bool:
        """Whether it differs between points by itself."""

    @property
    def needs_before(self) -> bool:
        """Whether its value at the start is that of the cell before."""

    @property
    def levels(self) -> tuple[Level, ...]:
        """Values that were written for it."""

    def opening(self, frame: Frame) -> Floats:
        """Value at the start."""

    def closing(self, frame: Frame) -> Floats:
        """Value at the end."""

    def body(self, frame: Frame) -> Block:
        """Candidates from the start on, the end not included."""

    def values(self, frame: Frame) -> Floats:
        """The values of these candidates alone, for a frame whose times are those of all points."""


@dataclass(frozen=True, slots=True)
class Hold:
    """One value."""

    level: Level
    changing: bool = False
    needs_before: bool = False

    @property
    def varies(self) -> bool:
        """Whether the value differs between points."""
        return self.level.varies

    @property
    def levels(self) -> tuple[Level, ...]:
        """The value."""
        return (self.level,)

    def opening(self, frame: Frame) -> Floats:
        """The value."""
        return self.level.column(frame.rows)

    def closing(self, frame: Frame) -> Floats:
        """The value."""
        return self.level.column(frame.rows)

    def body(self, frame: Frame) -> Block:
        """Sent once."""
        return make_block(frame.start, self.opening(frame), frame.length > 0, frame.cell)

    def values(self, frame: Frame) -> Floats:
        """The value."""
        return self.level.column(frame.rows)


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of `t`, the time since the cell began, and `duration`."""

    term: Term
    attribute: Attribute
    levels: tuple[Level, ...] = ()
    needs_before: bool = False

    @property
    def changing(self) -> bool:
        """A function of `duration` alone is sent once."""
        return self.term.uses("t")

    @property
    def varies(self) -> bool:
        """Whether it uses a swept name."""
        return self.term.varies

    def at(self, frame: Frame, seconds: Floats) -> Floats:
        """Values at times since the cell began."""
        values = self.term.over(frame.rows, {"t": seconds, "duration": frame.length / NS_PER_S})
        return sent(values, self.attribute)

    def opening(self, frame: Frame) -> Floats:
        """At t = 0."""
        return self.at(frame, np.zeros((1, 1)))

    def closing(self, frame: Frame) -> Floats:
        """At t = duration."""
        return self.at(frame, frame.length / NS_PER_S)

    def body(self, frame: Frame) -> Block:
        """At every tick."""
        if not self.changing:
            return make_block(frame.start, self.opening(frame), frame.length > 0, frame.cell)
        number, count = frame.ticks(frame.start, frame.end)
        since = number * frame.every
        values = self.at(frame, since / NS_PER_S)
        return make_block(frame.start + since, values, number < count, frame.cell, periodic=True)

    def values(self, frame: Frame) -> Floats:
        """At every tick."""
        return self.body(frame).values


@dataclass(frozen=True, slots=True)
class Ramp:
    """From a value to a value; None: that of the cell before, that of the cell after."""

    start: Level | None
    end: Level | None
    attribute: Attribute
    smooth: bool = False
    changing: bool = True

    @property
    def needs_before(self) -> bool:
        """Whether it starts from the cell before."""
        return self.start is None

    @property
    def varies(self) -> bool:
        """Whether a value of its own differs between points."""
        return any(level.varies for level in self.levels)

    @property
    def levels(self) -> tuple[Level, ...]:
        """The values that it names."""
        return tuple(level for level in (self.start, self.end) if level is not None)

    def opening(self, frame: Frame) -> Floats:
        """Where it starts."""
        value = frame.before if self.start is None else self.start.column(frame.rows)
        assert value is not None  # the pass that builds lanes refuses ramps without neighbours
        return value

    def closing(self, frame: Frame) -> Floats:
        """Where it goes."""
        value = frame.after if self.end is None else self.end.column(frame.rows)
        assert value is not None
        return value

    def body(self, frame: Frame) -> Block:
        """At every tick."""
        return slope(frame, frame.start, frame.end, self.opening(frame), self.closing(frame), self)

    def values(self, frame: Frame) -> Floats:
        """At every tick."""
        part = way(self, frame.ticks(frame.start, frame.end)[0] * frame.every, frame.length)
        return between(self.opening(frame), self.closing(frame), part, self.attribute)


def slope(frame: Frame, start: Integers, end: Integers, first: Floats, last: Floats, ramp: Ramp) -> Block:
    """Ticks on the way from one value to another, linear in the channel's unit."""
    number, count = frame.ticks(start, end)
    since = number * frame.every
    values = between(first, last, way(ramp, since, end - start), ramp.attribute)
    return make_block(start + since, values, number < count, frame.cell, periodic=True)


def way(ramp: Ramp, since: Integers, length: Integers) -> Floats:
    """Which part of the way is behind, from 0 to 1."""
    part = since / np.maximum(length, 1)
    # A smooth ramp is the cubic that starts and ends at rest.
    return part * part * (3.0 - 2.0 * part) if ramp.smooth else part


def between(first: Floats, last: Floats, part: Floats, attribute: Attribute) -> Floats:
    """Values on the way from one to another, as sent."""
    return as_sent(first + (last - first) * part, attribute)


@dataclass(frozen=True, slots=True)
class Pulse:
    """True for a part of every period, from `phase` on; edges are exact and there is none at the end."""

    period: Term
    duty: Term | None
    phase: Term | None
    levels: tuple[Level, ...] = ()
    changing: bool = False
    needs_before: bool = False

    @property
    def varies(self) -> bool:
        """Whether an argument differs between points."""
        return any(term.varies for term in (self.period, self.duty, self.phase) if term is not None)

    def settings(self, rows: Rows) -> tuple[Floats, Floats, Floats]:
        """Period in s, duty, and phase in s within a period; columns."""
        period = self.period.column(rows)
        duty = np.full((1, 1), 0.5) if self.duty is None else self.duty.column(rows)
        phase = np.zeros((1, 1)) if self.phase is None else self.phase.column(rows)
        return period, duty, phase - np.floor(phase / period) * period

    def opening(self, frame: Frame) -> Floats:
        """State at t = 0: the pulse before the first may reach into the cell."""
        period, duty, phase = self.settings(frame.rows)
        reaches = to_ns(phase - period + duty * period) > 0
        return np.asarray(np.where(to_ns(phase) <= 0, duty > 0, reaches), dtype=np.float64)

    def closing(self, frame: Frame) -> Floats:
        """State just before the end."""
        block = self.body(frame)
        last = np.where(block.valid, np.arange(block.width), 0).max(axis=1, keepdims=True)
        values = np.broadcast_to(block.values, np.broadcast_shapes(block.values.shape, block.valid.shape))
        return np.take_along_axis(values, np.broadcast_to(last, (len(values), 1)), axis=1)

    def body(self, frame: Frame) -> Block:
        """The state at the start and every edge before the end."""
        period, duty, phase = self.settings(frame.rows)
        seconds = frame.length / NS_PER_S
        count = int(np.ceil(np.max(np.where(period > 0, seconds / period, 0)))) + 1
        number = np.arange(-1, count)[np.newaxis, :]
        rises = to_ns(phase + number * period)
        falls = to_ns(phase + number * period + duty * period)
        inside = (duty > 0) & (duty < 1)
        shape = np.broadcast_shapes(rises.shape, falls.shape, inside.shape, frame.length.shape)
        edges = np.stack([np.broadcast_to(rises, shape), np.broadcast_to(falls, shape)], axis=2).reshape(
            shape[0], -1
        )
        states = np.tile([1.0, 0.0], shape[1])[np.newaxis, :]
        valid = inside & (edges > 0) & (edges < frame.length)
        first = make_block(frame.start, self.opening(frame), frame.length > 0, frame.cell)
        return joined([first, make_block(frame.start + edges, states, valid, frame.cell)])

    def values(self, frame: Frame) -> Floats:
        """The states."""
        return self.body(frame).values


@dataclass(frozen=True, slots=True)
class Track:
    """A list of points; numbers are joined by straight lines, other values jump.

    Before the first point the value of the cell before holds; after the last its own.
    """

    places: tuple[Place, ...]
    levels: tuple[Level, ...]
    attribute: Attribute
    changing: bool  # numbers; joined by lines

    @property
    def needs_before(self) -> bool:
        """Whether the value before the first point shows."""
        return not self.places[0].at_start

    @property
    def varies(self) -> bool:
        """Whether a point differs between points of the sweep."""
        return any(place.varies for place in self.places) or any(level.varies for level in self.levels)

    def opening(self, frame: Frame) -> Floats:
        """The first value, or the one held before it."""
        own = self.levels[0].column(frame.rows)
        if not self.needs_before or frame.before is None:
            return own
        at_start = self.places[0].offset(frame.rows, frame.length) == 0
        return np.where(at_start, own, frame.before)

    def closing(self, frame: Frame) -> Floats:
        """The last value."""
        return self.levels[-1].column(frame.rows)

    def body(self, frame: Frame) -> Block:
        """From point to point."""
        at = [frame.start + place.offset(frame.rows, frame.length) for place in self.places]
        values = [level.column(frame.rows) for level in self.levels]
        line = Ramp(None, None, self.attribute)
        blocks = []
        for index, (here, value) in enumerate(zip(at, values, strict=True)):
            following = at[index + 1] if index + 1 < len(at) else frame.end
            if self.changing and index + 1 < len(at):
                blocks.append(slope(frame, here, following, value, values[index + 1], line))
            else:
                blocks.append(make_block(here, value, following > here, frame.cell))
        return joined(blocks)

    def values(self, frame: Frame) -> Floats:
        """From point to point."""
        return self.body(frame).values
