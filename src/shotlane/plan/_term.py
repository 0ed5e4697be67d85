"""A checked expression of the document: parsed once, its type known, evaluated over stretches of points."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import Note, Report, Span
from shotlane.document import Document, Path
from shotlane.expression import Expression, ExpressionError, Fault, Type, Unit, expected
from shotlane.plan._data_file import DataFiles
from shotlane.plan._scope import Rows, Scope
from shotlane.plan._written import Written, in_document, parse_written, tell

# What a forgotten unit leads to.
_MISFITS = ("EXP030",)


@dataclass(frozen=True, slots=True)
class Term:
    """An expression with its type. `sound`: its values may be computed. `varies`: they differ by point.

    `place` is where the expression stands inside what was written: all of it, or one argument of a call.
    """

    written: Written
    expression: Expression
    type: Type
    sound: bool
    varies: bool
    place: tuple[int, int] | None = None
    cache: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def span(self) -> Span:
        """Where it stands in the document."""
        return self.written.span if self.place is None else self.written.inside(*self.place)

    def uses(self, name: str) -> bool:
        """Whether the name stands in the expression."""
        return name in self.expression.names

    def column(self, rows: Rows) -> NDArray[Any]:
        """Values in SI of shape (n, 1), or (1, 1) when they are the same at all points."""
        if self.varies:
            return self.over(rows, {})
        if "value" not in self.cache:
            self.cache["value"] = self.over(rows, {})
        return self.cache["value"]  # type: ignore[no-any-return]

    def over(self, rows: Rows, more: Mapping[str, Any]) -> NDArray[Any]:
        """Values in SI with further names bound to arrays, broadcast over them; of two dimensions."""
        value = self.expression.evaluate(rows.environment(self.expression.names, more))
        array = np.asarray(value)
        return array if array.ndim == 2 else array.reshape(1, 1)


@dataclass(frozen=True, slots=True)
class Compiler:
    """What every pass over the document needs to turn scalars into terms."""

    document: Document
    report: Report
    scope: Scope
    files: DataFiles = field(default_factory=DataFiles)

    def written(self, path: Path, raw: Any) -> Written:
        """A scalar with its place."""
        return in_document(self.document, path, raw)

    def term(self, written: Written, more: Mapping[str, Type] | None = None) -> Term | None:
        """Parse and check an expression; None when it is faulty or hangs on something faulty."""
        more = more or {}
        names = self.scope.names_with(more)
        expression = parse_written(self.report, written, names)
        return None if expression is None else self.typed(written, expression, more)

    def typed(
        self,
        written: Written,
        expression: Expression,
        more: Mapping[str, Type],
        place: tuple[int, int] | None = None,
    ) -> Term | None:
        """Check an expression that is parsed already."""
        scope = self.scope
        scope.used |= expression.names
        try:
            kind = expression.infer(self._types(expression, more))
        except ExpressionError as error:
            faults = tuple(fault for fault in error.faults if not self._is_told(expression, fault))
            notes = self.blamed(expression.names) if any(fault.code in _MISFITS for fault in faults) else ()
            tell(self.report, written, faults, notes)
            return None
        own = [name for name in expression.names if name not in more]
        return Term(written, expression, kind, scope.sound(own), scope.varies(own), place)

    def blamed(self, names: Iterable[str]) -> tuple[Note, ...]:
        """Notes on the parameters behind these names whose unit is suspect, now that something does not fit.

        That unit is most likely the one mistake, so whatever else uses them stays silent.
        """
        scope = self.scope
        found = [name for name in scope.sources(names) if name in scope.suspects]
        scope.spoil(found)
        return tuple(scope.suspects[name] for name in found)

    def _types(self, expression: Expression, more: Mapping[str, Type]) -> Mapping[str, Type]:
        """Types of the names in use; of all names where one is unknown, so that a near one is suggested."""
        scope = self.scope
        types = {
            name: more[name] if name in more else scope.types[name]
            for name in expression.names
            if name not in scope.broken and (name in more or name in scope.types)
        }
        if len(types) == len(expression.names):
            return types
        every = {**scope.types, **more}
        return {name: every[name] for name in every if name not in scope.broken}

    def _is_told(self, expression: Expression, fault: Fault) -> bool:
        """Whether a name is only unknown because its declaration is faulty, which its author was told."""
        if fault.code != "EXP020":
            return False
        if not self.scope.complete:
            return True
        places = {expression.place(name): name for name in expression.names}
        return places.get((fault.offset, fault.length)) in self.scope.declared


def expect(compiler: Compiler, term: Term, wanted: Type, *, unit: Unit | None = None) -> bool:
    """Report a term of another kind or dimension than its place takes; `unit`: that of the place."""
    fault = expected(wanted, term.type, text=term.expression.text, unit=unit)
    if fault is None:
        return True
    notes = compiler.blamed(term.expression.names)
    compiler.report.error("EXP040", fault[0], term.span, help=fault[1], notes=notes)
    return False
