"""Whether the results of every attempt are what its readings, the plan and the limits make of them.

Values are worked out again from the archived readings, by the code of a run; limits and units come from the
plan, and a verdict has to be what they say of the recorded value. Another processor may round otherwise, so
values are compared to nine digits. A function of the archive is called only where that is meant; else its
value is taken as it is, and only judged.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from shotlane.archives._attempt_readings import Kept, arrays_of, readings_of
from shotlane.archives._checked import Findings, place
from shotlane.archives._journal import key_shares
from shotlane.archives._reader import BagReader
from shotlane.archives._recorded_shots import RecordedShots
from shotlane.plan import CompiledPlan, ResultPlan, ShotPlan
from shotlane.records import Outcome, ResultRow, StepRecord
from shotlane.results import Readings, evaluate, needed_channels, verdict_of
from shotlane.store import result_rows

_CLOSE = 1e-9
_JUDGED = (Outcome.DONE, Outcome.PASSED, Outcome.FAILED)


class _Recorded(NamedTuple):
    """A result as it is archived."""

    number: int
    result: str
    type: str | None
    value: float | None
    text: str | None
    unit: str | None
    low: float | None
    high: float | None
    equals: float | None
    equals_text: str | None
    verdict: str | None

    @property
    def scalar(self) -> float | bool | str | None:
        """The value as it was worked out."""
        if self.type == "text" or self.value is None:
            return self.text
        return bool(self.value) if self.type == "bool" else self.value

    @property
    def limits(self) -> tuple[Any, ...]:
        """What it is judged by, with the unit of it."""
        return (self.unit, self.low, self.high, self.equals, self.equals_text)

    def told(self) -> str:
        """Its value in words."""
        if self.scalar is None:
            return "nothing"
        text = f"{self.value:.10g}" if self.type == "number" else str(self.scalar)
        return text if self.unit is None else f"{text} {self.unit}"

    def told_limits(self) -> str:
        """Its limits in words."""
        names = ("unit", "low", "high", "equals", "equals")
        told = [f"{name} {one}" for name, one in zip(names, self.limits, strict=True) if one is not None]
        return ", ".join(told) or "none"


def check_results(
    reader: BagReader, plan: CompiledPlan, shots: RecordedShots, found: Findings, *, trusted: bool
) -> None:
    """Work them out again. `trusted`: also those of functions in the archive, which are called."""
    checking = _Checking(reader, plan, found, trusted)
    attempts = {key: row for key, *row in sorted(reader.attempts()) if row[0] > 0}
    planned: Counter[int] = Counter()
    for rows in reader.each("tallies", ["attempt_key", "planned"]):
        planned.update(dict(rows.group_by("attempt_key").agg(pl.col("planned").sum()).rows()))
    for keys in key_shares(attempts, planned):
        checking.take({key: attempts[key] for key in keys}, shots)
    if checking.untold:
        found.left_out = f"{checking.untold:,} values of functions in the archive, which only --trust calls"


class _Checking:
    """One pass over the attempts of an archive."""

    def __init__(self, reader: BagReader, plan: CompiledPlan, found: Findings, trusted: bool) -> None:
        self._reader = reader
        self._channels = plan.channels
        self._found = found
        self._trusted = trusted
        self.untold = 0

    def take(self, attempts: Mapping[int, Sequence[Any]], shots: RecordedShots) -> None:
        """Compare what is recorded of some attempts."""
        rows: dict[int, list[_Recorded]] = {key: [] for key in attempts}
        recorded = self._reader.part("results", ["attempt_key", *_Recorded._fields], list(attempts))
        for key, *row in sorted(recorded.rows(), key=lambda row: row[:2]):
            rows[key].append(_Recorded(*row))
        due: dict[int, ShotPlan] = {}
        for key, attempt in attempts.items():
            shot = shots.shot(attempt[0])
            if not isinstance(shot, str) and (rows[key] or _is_judged(attempt)):
                due[key] = shot
        steps = self._steps(list(due))
        wanted = {index for shot in due.values() for index in self._needed(shot)}
        kept = readings_of(self._reader, self._channels, sorted(wanted), list(due))
        for key, shot in due.items():
            own = kept.pop(key) | arrays_of(self._reader, self._channels, sorted(self._needed(shot)), key)
            self._compare(attempts[key], shot, rows[key], own, steps[key])

    def _steps(self, keys: Sequence[int]) -> dict[int, list[StepRecord]]:
        found: dict[int, list[StepRecord]] = {key: [] for key in keys}
        for key, _, *step in sorted(self._reader.steps(attempts=keys)):
            found[key].append(StepRecord(*step))
        return found

    def _needed(self, shot: ShotPlan) -> frozenset[int]:
        return needed_channels(self._called(shot), self._channels)

    def _called(self, shot: ShotPlan) -> list[ResultPlan]:
        """Results that are worked out again."""
        return [plan for plan in shot.results if self._trusted or plan.python is None]

    def _compare(
        self,
        attempt: Sequence[Any],
        shot: ShotPlan,
        rows: Sequence[_Recorded],
        kept: Kept,
        steps: Sequence[StepRecord],
    ) -> None:
        where = place(attempt[0], attempt[1])
        self._found.compared += len(rows)
        names = [[row.result for row in rows], [plan.name for plan in shot.results]]
        if names[0] != names[1]:
            told, planned = (", ".join(one) or "none" for one in names)
            self._found.tell(f"{where}: its results are {told}, and {planned} by the plan")
            return
        called = self._called(shot)
        judged = evaluate(called, kept, self._channels, steps, parameters=shot.parameters)
        again = {row.name: _stored(row) for row in judged.rows}
        scale = max(map(_largest, kept.values()), default=0.0)
        for plan, row in zip(shot.results, rows, strict=True):
            fault = _of_limits(plan, row) or _of_value(row, again.get(plan.name), scale)
            if fault is not None:
                self._found.tell(f"{where}, {plan.name}: {fault}")
        self.untold += len(rows) - len(called)
        outcome = _outcome({row.verdict for row in rows})
        if _is_judged(attempt) and attempt[2] != outcome:
            self._found.tell(f"{where} ended {attempt[2]}, and {outcome} by its results")


def _is_judged(attempt: Sequence[Any]) -> bool:
    """Whether an attempt came to its planned end, where its results are worked out."""
    _, _, outcome, _, origin, _, fault, *_ = attempt
    return outcome in _JUDGED and origin is not None and fault in (None, "result")


def _outcome(verdicts: set[str | None]) -> Outcome:
    if verdicts & {"failed", "errored"}:
        return Outcome.FAILED
    return Outcome.PASSED if "passed" in verdicts else Outcome.DONE


def _of_limits(plan: ResultPlan, row: _Recorded) -> str | None:
    """Unit and limits, which are the plan's, and the verdict, which is what they say of the value."""
    unit = None if plan.unit is None else plan.unit.text
    planned = _stored(ResultRow(plan.name, None, unit, plan.low, plan.high, plan.equals))
    if not all(_is_close(*both) for both in zip(row.limits, planned.limits, strict=True)):
        return f"its limits are {row.told_limits()}, and {planned.told_limits()} by the plan"
    verdict = verdict_of(plan, row.scalar)
    # A function of the user's that raised has no value, with limits or without.
    may_have_raised = plan.python is not None and row.scalar is None
    if row.verdict == verdict or (row.verdict == "errored" and may_have_raised):
        return None
    return f"its verdict is {row.verdict or 'none'}, and {verdict or 'none'} by its value and limits"


def _of_value(row: _Recorded, again: _Recorded | None, scale: float) -> str | None:
    if again is None or (
        (row.type, row.text) == (again.type, again.text) and _is_close(row.value, again.value, scale)
    ):
        return None
    return f"recorded {row.told()}, and its readings give {again.told()}"


def _is_close(one: Any, other: Any, scale: float = 0.0) -> bool:
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=_CLOSE, abs_tol=_CLOSE * scale)
    return bool(one == other)


def _largest(readings: Readings) -> float:
    """The scale of what a figure of them may be wrong by."""
    values = readings.values
    if not len(values) or values.dtype == object:
        return 0.0
    return float(np.max(np.abs(values.astype(float))))


def _stored(row: ResultRow) -> _Recorded:
    """A result as it would be archived."""
    rows: list[tuple[Any, ...]] = []
    result_rows(0, [row], rows)
    return _Recorded(*rows[0][1:])
