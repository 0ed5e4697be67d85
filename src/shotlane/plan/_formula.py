"""Formulas: expressions over figures, checked once and bound to the values of each shot.

Figures are taken out of the text and typed; what is left is an expression like any other, so that units and
kinds are checked by the one machinery and every message points into the text.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from shotlane.diagnostics import did_you_mean
from shotlane.expression import (
    Expression,
    ExpressionError,
    FigureCall,
    Type,
    ValueKind,
    describe,
    parse_figures,
)
from shotlane.model import ValueType
from shotlane.plan._exact import to_ns
from shotlane.plan._figures import FigureTerm, Site, figure_type
from shotlane.plan._plan import Figure, Formula
from shotlane.plan._scope import Rows
from shotlane.plan._term import Term
from shotlane.plan._written import Written, tell


@dataclass(frozen=True, slots=True)
class FormulaTerm:
    """A checked formula. `names` stand for the figures in its expression, in their order."""

    term: Term
    figures: tuple[FigureTerm, ...]
    names: tuple[str, ...]

    @property
    def type(self) -> Type:
        """Type of its value."""
        return self.term.type

    @property
    def varies(self) -> bool:
        """Whether it differs between points of the sweep."""
        times = (figure.time for figure in self.figures)
        return self.term.varies or any(time is not None and time.varies for time in times)

    def at(self, rows: Rows, row: int) -> Formula:
        """The formula at one point."""
        used = sorted(self.term.expression.names - set(self.names))
        return Formula(
            self.term.written.text,
            self.term.expression,
            tuple(_bound_figure(figure, rows, row) for figure in self.figures),
            self.names,
            {name: _bound(rows, name, row) for name in used},
        )


def _bound_figure(term: FigureTerm, rows: Rows, row: int) -> Figure:
    time_ns = None if term.time is None else ns_at(term.time, rows, row)
    first, last = term.steps or (None, None)
    if term.function == "at":
        return Figure("at", term.index, at_ns=time_ns)
    return Figure(term.function, term.index, time_ns, first, last)


def ns_at(term: Term, rows: Rows, row: int) -> int:
    """A time at one point of a stretch, in ns."""
    return int(to_ns(number_at(term, rows, row)))


def number_at(term: Term, rows: Rows, row: int) -> Any:
    """A value at one point of a stretch, in SI."""
    values = term.column(rows)[:, 0]
    return values[row if len(values) > 1 else 0].item()


def _bound(rows: Rows, name: str, row: int) -> float | bool | str:
    value = rows.scope.values[name]
    if isinstance(value, np.ndarray):
        value = value[rows.first + row]
    if isinstance(value, str):
        return value
    return bool(value) if isinstance(value, bool | np.bool_) else float(value)


def make_formula(site: Site, written: Written) -> FormulaTerm | None:
    """Read and check a formula; None when it is faulty or hangs on something faulty."""
    compiler = site.compiler
    try:
        expression, calls = parse_figures(written.text, names=compiler.scope.declared, decide=site.is_figure)
    except ExpressionError as error:
        tell(compiler.report, written, error.faults)
        return None
    figures = _figures(site, written, expression, calls)
    if figures is None:
        return None
    types = {name: figure_type(figure.function, figure.channel) for name, figure in figures.items()}
    if any(name not in types and site.names_channel(name) for name in expression.names):
        return None  # the channel was told, or may only be broken
    term = compiler.typed(written, expression, types)
    if term is None or not term.sound or not _options_exist(site, written, expression, figures):
        return None
    return FormulaTerm(term, tuple(figures.values()), tuple(figures))


def _figures(
    site: Site, written: Written, expression: Expression, calls: Collection[FigureCall]
) -> dict[str, FigureTerm] | None:
    """What every name but parameters stands for, in the order of the text; None when one is faulty."""
    by_name = {call.name: call for call in calls}
    found = {}
    sound = True
    for name in sorted(expression.names, key=expression.place):
        if name not in by_name and not site.names_channel(name):
            continue
        figure = (
            site.figure(written, by_name[name])
            if name in by_name
            else site.newest(written, name, expression.place(name))
        )
        sound = sound and figure is not None
        if figure is not None:
            found[name] = figure
    return found if sound else None


def _options_exist(
    site: Site, written: Written, expression: Expression, figures: Mapping[str, FigureTerm]
) -> bool:
    """Whether every text that an option is compared with is one of them: else it would never be equal."""
    sound = True
    for name, text, place in expression.compared_texts:
        figure = figures.get(name)
        if figure is None or figure.channel.attribute.type is not ValueType.OPTION:
            continue
        options = figure.channel.attribute.options
        if text not in options:
            message = f"'{text}' is no option of '{figure.channel.name}', so this is never equal"
            help = did_you_mean(text, options, what="options")
            site.compiler.report.error("EXP053", message, written.inside(*place), help=help)
            sound = False
    return sound


def make_condition(site: Site, written: Written) -> FormulaTerm | None:
    """Read and check a formula that must be true or false, and look at a channel."""
    formula = make_formula(site, written)
    if formula is None:
        return None
    report = site.compiler.report
    if formula.type.kind is not ValueKind.BOOLEAN:
        message = f"a condition is true or false, and this is {describe(formula.type)}"
        help = "write a comparison, such as role.attribute > 5 V"
        report.error("EXP031", message, written.span, help=help)
        return None
    if not formula.figures:
        message = "this condition looks at no channel, so nothing that happens can change it"
        help = "name a channel as role.attribute"
        report.error("EXP051", message, written.span, help=help)
        return None
    return formula
