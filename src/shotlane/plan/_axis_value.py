"""One value of an axis. It depends on no swept name, and is of the kind that its parameter was declared."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from shotlane.document import Path
from shotlane.expression import Type, Unit, ValueKind, expected
from shotlane.plan._names import SCALARS
from shotlane.plan._parameters import unfit
from shotlane.plan._scope import Rows
from shotlane.plan._term import Compiler, Term
from shotlane.plan._written import Written


@dataclass(frozen=True, slots=True)
class Axis:
    """What an axis is about. `unit`: the column's, None for SI. `seed`: the sequence's own."""

    name: str
    type: Type
    unit: Unit | None
    seed: int


def axis_value(compiler: Compiler, axis: Axis, path: Path, raw: Any) -> Any:
    """One value for a swept name from the document; None when it is faulty."""
    if isinstance(raw, SCALARS):
        return value_of(compiler, axis, compiler.written(path, raw))
    if not compiler.document.is_dropped(path):
        compiler.report.error("SEQ305", f"'{axis.name}' takes one value here", compiler.document.span(path))
    return None


def value_of(compiler: Compiler, axis: Axis, written: Written) -> Any:
    """One value for a swept name, wherever it was written; None when it is faulty."""
    if axis.name in compiler.scope.broken:
        return None  # told at a value before this one
    if axis.type.kind is ValueKind.TEXT:
        return written.text
    term = _constant(compiler, axis, written)
    if term is None:
        return None
    fault = unfit(axis.type, term.type, text=term.expression.text, unit=axis.unit)
    if fault is not None:
        notes = compiler.blamed([axis.name])
        if notes and term.type.point:  # 40 degC for what is declared in C: the declaration is the mistake
            fault = fault[0], (expected(term.type, axis.type, text=axis.name) or fault)[1]
        compiler.report.error("EXP040", fault[0], written.span, help=fault[1], notes=notes)
        return None
    return _number(compiler, term)


def _constant(compiler: Compiler, axis: Axis, written: Written) -> Term | None:
    """A term that is the same at all points."""
    term = compiler.term(written)
    if term is None or term.sound:
        return term
    swept = sorted(term.expression.names - set(compiler.scope.values))
    compiler.report.error(
        "SEQ305",
        f"a value of an axis cannot depend on '{swept[0]}', which is swept",
        term.written.inside(*term.expression.place(swept[0])),
        help=f"declare a parameter that is derived from '{axis.name}' and '{swept[0]}'",
    )
    return None


def _number(compiler: Compiler, term: Term) -> Any:
    value = term.column(Rows(compiler.scope, 0, 1))[0, 0]
    if not np.isfinite(value):
        compiler.report.error(
            "SEQ402", f"'{term.written.text}' is not a finite number", term.written.span,
            help="is something divided by zero?",
        )  # fmt: skip
        return None
    return value
