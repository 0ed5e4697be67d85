"""Values of all names over all points of a finished sweep."""

import numpy as np

from shotlane.expression import ValueKind
from shotlane.plan._parameters import evaluate
from shotlane.plan._points import Table
from shotlane.plan._scope import Scope
from shotlane.plan._sweep_state import Sweep, derived_from


def bind_values(sweep: Sweep, table: Table) -> None:
    """Values of all names over all points."""
    scope = sweep.compiler.scope
    scope.count = table.count
    refused = derived_from(sweep.parameters, sweep.faulty | (sweep.swept - set(sweep.bound)))
    values = evaluate(sweep.parameters, table.columns, declared=table.declared)
    scope.values = {
        name: value for name, value in values.items() if name not in refused and name in scope.types
    }
    _check_finite(sweep, scope, table)


def _check_finite(sweep: Sweep, scope: Scope, table: Table) -> None:
    """A derived parameter that is not a number at a point; what is derived from it stays silent."""
    for name, term in sweep.parameters.terms.items():
        value = scope.values.get(name)
        if value is None or term.type.kind is not ValueKind.NUMBER:
            continue
        if any(used not in scope.values for used in term.expression.names) and name not in table.columns:
            scope.values.pop(name)
            continue
        finite = np.isfinite(value)
        if not np.all(finite):
            first = int(np.argmin(np.atleast_1d(finite)))
            at = f" at shot {first + 1} of {table.count}" if np.ndim(finite) else ""
            sweep.compiler.report.error(
                "SEQ402", f"parameter '{name}' is not a finite number{at}", term.written.span,
                help="is something divided by zero?",
            )  # fmt: skip
            scope.values.pop(name)
