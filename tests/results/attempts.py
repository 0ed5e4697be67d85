"""Readings made by hand, and results over them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shotlane.expression import parse, parse_unit
from shotlane.model import Attribute, Channel, ValueType
from shotlane.plan import Figure, Formula, ResultPlan
from shotlane.records import ResultRow, SampleRow, Status, StepRecord
from shotlane.results import Judged, Readings, evaluate

MS = 1_000_000
S = 1_000 * MS

UNITS = {"x": "", "T": "degC", "flow": "cm**3/min", "volt": "mV"}
TYPES = {"gate": "bool", "gas": "option", "note": "text", "image": "array"}
STEPS = (StepRecord("first", 0, 1 * S), StepRecord("soak", 1 * S, 3 * S), StepRecord("last", 3 * S, 4 * S))


def channel(name: str) -> Channel:
    unit = parse_unit(UNITS[name]) if name in UNITS else None
    return Channel("box", Attribute(name, ValueType(TYPES.get(name, "float")), unit), "P")


CHANNELS = tuple(channel(name) for name in (*UNITS, *TYPES))


def index(name: str) -> int:
    return [*UNITS, *TYPES].index(name)


def row(name: str, at_s: float, value: Any, status: Status = Status.OK, late_s: float = 0.0) -> SampleRow:
    """A reading planned at `at_s` and made `late_s` later."""
    requested_ns = round((at_s + late_s) * S)
    return SampleRow(index(name), 0, round(at_s * S), requested_ns, requested_ns + MS, value, status)


def kept(rows: Iterable[SampleRow]) -> dict[int, Readings]:
    readings = {number: Readings(channel) for number, channel in enumerate(CHANNELS)}
    for item in rows:
        readings[item.channel].add(item)
    return readings


def at_times(name: str, values: Iterable[Any], period_s: float = 1.0) -> list[SampleRow]:
    return [row(name, number * period_s, value) for number, value in enumerate(values)]


def figure(function: str, name: str, first: str | None = None, last: str | None = None) -> Figure:
    return Figure(function, index(name), first_step=first, last_step=last or first)


def formula(text: str, figures: Mapping[str, Figure], **bound: float | bool | str) -> Formula:
    names = {*figures, *bound}
    return Formula(text, parse(text, names=names), tuple(figures.values()), tuple(figures), bound)


def result(
    text: str, unit: str | None = None, limits: Mapping[str, Any] | None = None, **figures: Figure
) -> ResultPlan:
    found = parse_unit(unit) if unit is not None else None
    return ResultPlan("r", formula(text, figures), unit=found, **(limits or {}))


def python(source: str, unit: str | None = None, **limits: Any) -> ResultPlan:
    """A result of the function `f` of a file."""
    found = parse_unit(unit) if unit is not None else None
    return ResultPlan("r", None, "analysis.py:f", source, unit=found, **limits)


def judge(rows: Iterable[SampleRow], *plans: ResultPlan, steps: Sequence[StepRecord] = STEPS) -> Judged:
    return evaluate(plans, kept(rows), CHANNELS, steps, parameters={"T_soak": 60.0, "gas": "He"})


def only(rows: Iterable[SampleRow], plan: ResultPlan) -> ResultRow:
    """The one row of a result."""
    (found,) = judge(rows, plan).rows
    return found
