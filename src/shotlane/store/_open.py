"""The shot and the attempt that are open: what their rows need when they end."""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlane.records import (
    AttemptBuffer,
    AttemptEnd,
    AttemptStart,
    RecorderError,
    ShotEnd,
    ShotStart,
    StepRecord,
)
from shotlane.store._batch import Batch
from shotlane.store._columns import LOT
from shotlane.store._encode import Row, action_rows, kind_of, sample_rows, split, storable, to_json


@dataclass(slots=True, eq=False)
class OpenShot:
    """One shot from its start to its end."""

    run: int
    start: ShotStart
    began_utc_ns: int | None = None
    ended_utc_ns: int | None = None
    good_attempt: int | None = None

    def row(self, end: ShotEnd | None = None, shift: int = 0) -> Row:
        """The row of the shot as far as it is known; `shift`: attempts of former sessions."""
        outcome = None if end is None else end.outcome.value
        attempts = None if end is None else end.attempts + shift
        times = (self.began_utc_ns, self.ended_utc_ns)
        return (self.run, self.start.shot, self.start.digest, *times, outcome, attempts, self.good_attempt)


@dataclass(slots=True, eq=False)
class OpenAttempt:
    """One attempt and the buffer that its workers append to."""

    id: int
    run: int
    start: AttemptStart
    number: int  # of the attempt in its shot, over all sessions
    buffer: AttemptBuffer = field(default_factory=AttemptBuffer)
    closed: bool = False
    end_noted: bool = False  # in the batch, where its end is the last word
    origin_written: bool = False
    steps_written: tuple[StepRecord, ...] = ()

    def drain(self, batch: Batch) -> None:
        """Move the rows that are there into the batch."""
        bulk = batch.rows
        for samples in _lots(self.buffer.samples):
            sample_rows(self.id, samples, bulk["sample"], bulk["sample_text"], bulk["sample_array"])
        for actions in _lots(self.buffer.actions):
            action_rows(self.id, actions, bulk["action"])
        if self.buffer.origin_utc_ns is not None and not self.closed and not self.origin_written:
            self.origin_written = True
            batch.attempts[self.id] = self.row()
        self._renew_steps(batch)

    def _renew_steps(self, batch: Batch) -> None:
        """Tell the steps as they became, with the rows that were just taken; never after them."""
        steps = self.buffer.steps
        if steps is not self.steps_written and not self.end_noted:
            self.steps_written = steps
            batch.steps(self.id, steps, again=True)

    def row(self, end: AttemptEnd | None = None) -> Row:
        """The row of the attempt as far as it is known."""
        head = (self.id, self.run, self.start.shot, self.number, self.start.began_utc_ns)
        if end is None:
            return (*head, self.buffer.origin_utc_ns, None, None, None, None, None)
        origin = self.buffer.origin_utc_ns if end.origin_utc_ns is None else end.origin_utc_ns
        tail: Row = (None, None, None)
        if end.fault is not None:
            fault = end.fault
            tail = (fault.fault, storable(fault.message), to_json(dict(fault.context)))
        return (*head, origin, end.ended_utc_ns, end.outcome.value, *tail)


def _lots(rows: "deque[Any]") -> Iterator[list[Any]]:
    """What is in the deque now; others may append meanwhile.

    In lots, because letting go of very many at once would hold the interpreter, and timing threads need it.
    """
    left = len(rows)
    while left:
        lot = [rows.popleft() for _ in range(min(left, LOT))]
        left -= len(lot)
        yield lot


class Parameters:
    """The columns of a run's parameters: their order and declared types.

    The type of a parameter is declared with the run, or else by its first value; it never changes after.
    """

    def __init__(self, run: int, units: Mapping[str, str | None], types: Mapping[str, str]) -> None:
        self._run = run
        self._units = units
        self._index = {name: index for index, name in enumerate(units)}
        self._types = {name: types.get(name) for name in units}

    def rows(self) -> list[Row]:
        """One row per parameter that is known at the start."""
        return [self._row(name) for name in self._index]

    def _row(self, name: str) -> Row:
        return (self._run, self._index[name], name, self._types[name], self._units.get(name))

    def take(self, start: ShotStart) -> tuple[list[Row], list[Row]]:
        """Rows of parameters that became known with this shot, and the shot's values."""
        new: list[Row] = []
        values: list[Row] = []
        for name, value in start.parameters.items():
            plain = value.item() if hasattr(value, "item") else value
            if self._types.get(name) is None and self._learn(name, plain):
                new.append(self._row(name))
            number, text = self._fit(name, plain)
            values.append((self._run, start.shot, self._index[name], number, text))
        return new, values

    def _learn(self, name: str, value: Any) -> bool:
        fresh = name not in self._index
        if fresh:
            self._index[name] = len(self._index)
        kind = kind_of(value)
        self._types[name] = kind
        return fresh or kind is not None

    def _fit(self, name: str, value: Any) -> tuple[float | None, str | None]:
        kind = kind_of(value)
        if kind is not None and kind != self._types[name]:
            raise RecorderError(f"parameter {name} is a {self._types[name]} in this run, not {value!r}")
        number, text, _ = split(value)
        return number, text
