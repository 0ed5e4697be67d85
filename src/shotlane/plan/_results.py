"""Results: figures of merit of a shot, the unit that they leave in, and the limits that make a verdict.

A result is a formula over the readings of the shot, or a function of a Python file next to the sequence. That
file is read and looked at, never run, by the compiler.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from shotlane.document import Path
from shotlane.expression import (
    DIMENSIONLESS,
    NUMBER,
    Type,
    Unit,
    UnitError,
    ValueKind,
    describe,
    expected,
    parse_unit,
)
from shotlane.model import Result, Scalar
from shotlane.plan._figures import Site
from shotlane.plan._findings import Findings, Told
from shotlane.plan._formula import FormulaTerm, make_formula, number_at
from shotlane.plan._plan import ResultPlan
from shotlane.plan._python_result import python_source
from shotlane.plan._recorded import has_readings
from shotlane.plan._rounding import significant
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._units import named_text

_KEEPING = ("mean", "min", "max", "std", "first", "last", "at")
LIMITS = ("low", "high", "equals")


@dataclass(frozen=True, slots=True)
class ResultTerm:
    """A checked result. `limits`: terms by low, high and equals; `label`: the text that it must equal."""

    name: str
    formula: FormulaTerm | None
    python: str | None
    source: str | None
    unit: Unit | None
    limits: Mapping[str, Term]
    label: str | None
    stops: bool

    @property
    def varies(self) -> bool:
        """Whether it differs between points."""
        limits = any(term.varies for term in self.limits.values())
        return limits or (self.formula is not None and self.formula.varies)

    def at(self, rows: Rows, row: int) -> ResultPlan:
        """The result in one shot."""
        formula = None if self.formula is None else self.formula.at(rows, row)
        limits = {key: self._limit(term, rows, row) for key, term in self.limits.items()}
        if self.label is not None:
            limits["equals"] = self.label
        return ResultPlan(self.name, formula, self.python, self.source, self.unit, **limits, stops=self.stops)

    def _limit(self, term: Term, rows: Rows, row: int) -> Any:
        value = number_at(term, rows, row)
        if isinstance(value, bool | str):
            return value
        return float(significant(self.unit.from_si(value) if self.unit is not None else value))

    def times(self) -> Iterator[tuple[Term, str, float, str]]:
        """It has no times of its own."""
        yield from ()

    def check(self, rows: Rows, findings: Findings) -> None:
        """Find limits that are no numbers, or that nothing can keep."""
        for key, term in self.limits.items():
            if term.type.is_number:
                undefined = ~np.isfinite(term.column(rows))
                if undefined.any():
                    findings.add("SEQ230", term.span, rows, undefined, partial(_not_finite, key))
        if "low" in self.limits and "high" in self.limits:
            bad = self.limits["low"].column(rows) > self.limits["high"].column(rows)
            if bad.any():
                told = ("`low` is above `high`, so nothing passes", "exchange the two")
                findings.add("SEQ230", self.limits["low"].span, rows, bad, lambda _: told)


def _not_finite(key: str, _: int) -> Told:
    return f"`{key}` is not a finite number", None


def build_results(site: Site, results: Mapping[str, Scalar | Result]) -> list[ResultTerm]:
    """Every sound result."""
    built = (_result(site, name, raw) for name, raw in results.items())
    return [result for result in built if result is not None]


def _result(site: Site, name: str, raw: Scalar | Result) -> ResultTerm | None:
    compiler, path = site.compiler, ("results", name)
    if not isinstance(raw, Result):
        return _computed(site, name, Result(value=raw), path, path)
    if raw.value is not None and raw.python is None:
        return _computed(site, name, raw, path, (*path, "value"))
    if raw.python is not None and raw.value is None:
        return _called(compiler, name, raw, path)
    if not compiler.document.has_dropped(path):
        both = raw.value is not None
        message = f"'{name}' has a value and a function at once" if both else f"nothing says what '{name}' is"
        help = "leave one of them" if both else "write `value:` with a formula, or `python: FILE:FUNCTION`"
        compiler.report.error("SEQ230", message, compiler.document.key_span(path), help=help)
    return None


def _computed(site: Site, name: str, raw: Result, path: Path, at: Path) -> ResultTerm | None:
    """A result that a formula gives."""
    compiler = site.compiler
    formula = make_formula(site, compiler.written(at, raw.value))
    if formula is None:
        return None
    if not formula.figures:
        message = f"'{name}' looks at no readings, so it is no result of a shot"
        help = "name a figure, such as mean(role.attribute); what is known beforehand is a parameter"
        compiler.report.error("EXP051", message, formula.term.span, help=help)
        return None
    if not all([has_readings(site, figure) for figure in formula.figures]):
        return None
    unit, known = _unit(compiler, (*path, "unit"), raw.unit, formula.type)
    if not known:
        return None
    unit = _own_unit(formula) if unit is None else unit
    return _judged(compiler, name, raw, path, (formula, None, None), unit, formula.type)


def _called(compiler: Compiler, name: str, raw: Result, path: Path) -> ResultTerm | None:
    """A result that a function of Python gives."""
    assert raw.python is not None
    source = python_source(compiler, (*path, "python"), raw.python)
    unit, known = _unit(compiler, (*path, "unit"), raw.unit, None)
    if source is None or not known:
        return None
    kind = None if unit is None else unit.type
    return _judged(compiler, name, raw, path, (None, raw.python, source), unit, kind)


def _unit(compiler: Compiler, path: Path, text: str | None, kind: Type | None) -> tuple[Unit | None, bool]:
    """The unit that was written, and whether it can be used. `kind`: of the value, where that is known."""
    if text is None:
        return None, not compiler.document.has_dropped(path)
    span, report = compiler.document.span(path), compiler.report
    try:
        unit = parse_unit(text)
    except UnitError as error:
        report.error(error.code, error.message, span, help=error.help)
        return None, False
    fault = None if kind is None else expected(unit.type, kind, unit=unit)
    if kind is not None and kind.is_difference and unit.point:
        fault = f"the value is a difference, and {unit.text} is a point on a scale", "write `unit: K`"
    if fault is not None:
        message = f"the value is {describe(kind)}, which has no unit {text}" if kind else fault[0]
        report.error("EXP040", message, span, help=None if kind is None else _own_help(kind))
        return None, False
    return unit, True


def _own_help(kind: Type) -> str:
    text = named_text(kind.dimension) if kind.is_number else None
    return f"its unit in SI is {text}" if text else "leave the unit out"


def _own_unit(formula: FormulaTerm) -> Unit | None:
    """The unit of the channel whose dimension the formula keeps, else that of SI."""
    kind = formula.type
    if kind.kind is not ValueKind.NUMBER:
        return None
    alone = len(formula.figures) == 1 and formula.term.expression.names == set(formula.names)
    for figure in formula.figures:
        unit = figure.channel.attribute.unit
        keeps = figure.function in _KEEPING and unit is not None and unit.dimension == kind.dimension
        # A ratio of two percentages is not in percent.
        if (
            keeps
            and unit is not None
            and (kind.dimension != DIMENSIONLESS or alone)
            and unit.point <= kind.point
        ):
            return unit
    text = named_text(kind.dimension)
    return None if text is None else parse_unit(text)


def _judged(
    compiler: Compiler,
    name: str,
    raw: Result,
    path: Path,
    origin: tuple[FormulaTerm | None, str | None, str | None],
    unit: Unit | None,
    kind: Type | None,
) -> ResultTerm | None:
    """A result with its limits. `kind` None: whatever a function of Python returns."""
    limits: dict[str, Term] = {}
    label = None
    for key in LIMITS:
        value = getattr(raw, key)
        if value is None:
            if compiler.document.has_dropped((*path, key)):
                return None
            continue
        if key == "equals" and kind is not None and kind.kind is ValueKind.TEXT:
            label = str(value)
            continue
        term = _limit(compiler, (*path, key), value, unit, kind)
        if term is None:
            return None
        limits[key] = term
    if raw.on_fail == "stop" and not limits and label is None:
        message, help = "`on_fail` has no effect without limits", "write `low`, `high` or `equals` beside it"
        compiler.report.error("SEQ230", message, compiler.document.key_span((*path, "on_fail")), help=help)
        return None
    return ResultTerm(name, *origin, unit, limits, label, raw.on_fail == "stop")


def _limit(
    compiler: Compiler, path: Path, value: Scalar, unit: Unit | None, kind: Type | None
) -> Term | None:
    """A limit of the kind of the value; low and high are numbers."""
    key = path[-1]
    term = compiler.term(compiler.written(path, value))
    if term is None:
        return None
    if kind is not None and not kind.is_number and key != "equals":
        message = f"`{key}` bounds numbers, and the value is {describe(kind)}"
        compiler.report.error("SEQ230", message, term.span, help="write `equals`")
        return None
    if kind is None:
        free = term.type.kind is not ValueKind.NUMBER and key == "equals"
        kind = term.type if free else NUMBER
    return term if expect(compiler, term, kind, unit=unit) and term.sound else None
