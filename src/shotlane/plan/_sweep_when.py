"""`when`: the points where a condition is true."""

from typing import Any

import numpy as np

from shotlane.document import Path
from shotlane.expression import ValueKind
from shotlane.plan._parameters import evaluate
from shotlane.plan._points import Table
from shotlane.plan._sweep_state import Sweep, sources_of, tell_item
from shotlane.plan._term import Term


def keep_when(sweep: Sweep, table: Table, raw: Any, place: Path) -> Table:
    """The points where a condition on what stands above is true."""
    term = _condition(sweep, table, raw, place)
    if term is None or not _knows(sweep, term):
        return table
    values = evaluate(sweep.parameters, table.columns, term.expression.names, declared=table.declared)
    names = term.expression.names
    if not all(name in values for name in names):
        return table
    mask = np.asarray(term.expression.evaluate({name: values[name] for name in names}), dtype=bool)
    kept = table.keep(np.broadcast_to(mask, (table.count,)))
    if kept.count == 0:
        tell_item(sweep, "SEQ306", "no point of the sweep is left: this is true at none", place)
        return table
    return kept


def _condition(sweep: Sweep, table: Table, raw: Any, place: Path) -> Term | None:
    compiler = sweep.compiler
    if not isinstance(raw, (bool, int, float, str)):
        tell_item(sweep, "SEQ304", "`when` takes one condition", place)
        return None
    term = compiler.term(compiler.written(place, raw))
    if term is not None and term.type.kind is not ValueKind.BOOLEAN:
        tell_item(
            sweep,
            "SEQ304",
            "`when` takes a condition that is true or false",
            place,
            help="such as T_soak > 300 K",
        )
        return None
    return term


def _knows(sweep: Sweep, term: Term) -> bool:
    """Whether everything that a condition uses is swept above it, or not at all."""
    needed = sources_of(sweep.parameters, term)
    if needed & sweep.faulty:
        return False
    later = sorted(name for name in needed & sweep.swept if name not in sweep.bound)
    if later:
        place = (
            term.written.inside(*term.expression.place(later[0]))
            if term.uses(later[0])
            else term.written.span
        )
        sweep.compiler.report.error(
            "SEQ304", f"'{later[0]}' is swept further down", place, help="move `when` below that axis"
        )
    return not later
