"""The results of one attempt: figures over its readings, formulas over them, limits, verdicts.

A formula has a value only if every one of its figures has: a comparison with nothing would be false, and
`not` would make it true. Only finite numbers are values. They leave in the unit of the result, rounded to 12
significant digits, and are compared with the limits as they are stored, so that a row can be judged again.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from shotlane.expression import Unit, tidy
from shotlane.model import Channel
from shotlane.plan import Figure, Formula, ResultPlan, Value
from shotlane.records import ResultRow, StepRecord
from shotlane.results._figures import Scalar, figure_of
from shotlane.results._judged import ERRORED, FAILED, PASSED, Judged, ResultFault, judged
from shotlane.results._python import PythonFault, call
from shotlane.results._readings import Readings
from shotlane.results._shot_data import ShotData

_INT64 = np.iinfo(np.int64)


def _nobody(result: str) -> None:
    """Tell nobody."""


def needed_channels(plans: Sequence[ResultPlan], channels: Sequence[Channel]) -> frozenset[int]:
    """Channels whose readings must be kept; all of them for a Python function, which may ask for any."""
    if any(plan.python is not None for plan in plans):
        return frozenset(range(len(channels)))
    return frozenset(
        channel for plan in plans if plan.formula is not None for channel in plan.formula.channels
    )


def evaluate(
    plans: Sequence[ResultPlan],
    readings: Mapping[int, Readings],
    channels: Sequence[Channel],
    steps: Sequence[StepRecord],
    *,
    parameters: Mapping[str, Value],
    begun: Callable[[str], None] = _nobody,
) -> Judged:
    """Work out and judge every result of an attempt; `begun` is told the name of each before it is.

    `steps` are as they were, from the origin of the attempt; `parameters` as they are stored with the shot.
    A Python function that raises is a fault of its result, never of the caller; how long it takes is not
    bounded.
    """
    return _Evaluation(readings, channels, steps, parameters, begun).judge(plans)


class _Evaluation:
    """One attempt; its readings become columns when they are asked for."""

    def __init__(
        self,
        readings: Mapping[int, Readings],
        channels: Sequence[Channel],
        steps: Sequence[StepRecord],
        parameters: Mapping[str, Value],
        begun: Callable[[str], None],
    ) -> None:
        self._begun = begun
        self._channels = channels
        self._steps = {step.name: step for step in steps}
        self._data = ShotData(readings, channels, steps, parameters)

    def judge(self, plans: Sequence[ResultPlan]) -> Judged:
        """All rows in the order of the plan."""
        rows: list[ResultRow] = []
        faults: list[ResultFault] = []
        for plan in plans:
            self._begun(plan.name)
            value, why = self._value(plan)
            verdict = ERRORED if why is not None else verdict_of(plan, value)
            if verdict == ERRORED:
                faults.append(ResultFault(plan.name, why or self._nothing(plan)))
            unit = None if plan.unit is None else plan.unit.text
            rows.append(ResultRow(plan.name, value, unit, plan.low, plan.high, plan.equals, verdict))
        return judged(plans, rows, faults)

    def _value(self, plan: ResultPlan) -> tuple[Scalar | None, str | None]:
        """Value in the unit of the result, or None; and what went wrong in a Python function."""
        if plan.formula is not None:
            return _as_stored(self._formula(plan.formula), plan.unit), None
        try:
            return _as_stored(call(plan, self._data), None), None
        except PythonFault as fault:
            return None, str(fault)

    def _formula(self, formula: Formula) -> Scalar | None:
        figures = [self._figure(figure) for figure in formula.figures]
        known = [figure for figure in figures if figure is not None]
        return formula.evaluate(known) if len(known) == len(figures) else None

    def _figure(self, figure: Figure) -> Scalar | None:
        """One figure in SI, over the valid readings whose target lies in its stretch."""
        column = self._data.column(figure.channel)
        if figure.at_ns is not None:
            chosen = _nearest(column.target_ns, figure.at_ns)
        else:
            begin_ns, end_ns = self._stretch(figure)
            chosen = (begin_ns <= column.target_ns) & (column.target_ns < end_ns)
        unit = self._channels[figure.channel].attribute.unit
        return figure_of(figure.function, column.requested_ns[chosen], column.values[chosen], unit)

    def _stretch(self, figure: Figure) -> tuple[int, int]:
        """[begin, end) from the origin; a step that was never reached holds nothing."""
        if figure.first_step is None or figure.last_step is None:
            return _INT64.min, _INT64.max
        first, last = self._steps.get(figure.first_step), self._steps.get(figure.last_step)
        return (0, 0) if first is None or last is None else (first.start_ns, last.end_ns)

    def _nothing(self, plan: ResultPlan) -> str:
        """Why a formula has no value."""
        formula = plan.formula
        if formula is None:
            return f"{plan.python} returned no value"
        for figure in formula.figures:
            if self._figure(figure) is None:
                return f"'{formula.text}' has no value: {self._too_few(figure)}"
        return f"'{formula.text}' is not a finite number"

    def _too_few(self, figure: Figure) -> str:
        where = "in the shot"
        if figure.first_step is not None:
            both = {figure.first_step: None, figure.last_step: None}
            where = "in " + "..".join(str(step) for step in both)
        enough = "valid reading" if figure.function not in {"integral", "slope"} else "two valid readings"
        return f"no {enough} of {self._channels[figure.channel].name} {where}".replace(
            "no two", "not even two"
        )


def _nearest(target_ns: Any, at_ns: int) -> Any:
    """Index of the reading planned nearest to an instant, as an array of at most one; the earlier of two."""
    return np.argsort(np.abs(target_ns - at_ns), kind="stable")[:1]


def _as_stored(value: Scalar | None, unit: Unit | None) -> Scalar | None:
    """A value in SI in the unit, or as it is without one; rounded, None for a number that is not finite."""
    if value is None or isinstance(value, bool | str):
        return value
    number = float(value) if unit is None else unit.from_si(float(value))
    return tidy(number) if math.isfinite(number) else None


def verdict_of(plan: ResultPlan, value: Scalar | None) -> str | None:
    """What the limits of a result say of a value as it is stored, both included; None without limits."""
    if plan.low is None and plan.high is None and plan.equals is None:
        return None
    if value is None:
        return ERRORED
    return PASSED if _holds(plan, value) else FAILED


def _holds(plan: ResultPlan, value: Scalar) -> bool:
    if plan.equals is not None and not _equal(value, plan.equals):
        return False
    if isinstance(value, str):
        return plan.low is None and plan.high is None
    return (plan.low is None or value >= tidy(plan.low)) and (plan.high is None or value <= tidy(plan.high))


def _equal(value: Scalar, wanted: Scalar) -> bool:
    """A truth equals no number."""
    if isinstance(wanted, bool) or isinstance(value, bool):
        return value is wanted
    return value == (wanted if isinstance(wanted, str) else tidy(float(wanted)))
