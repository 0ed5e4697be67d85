"""Third pass: parameters as a graph.

Each is parsed and typed once, in an order in which what a parameter uses comes before it; its values are
computed later, when the axes are bound, so that a derived value follows its swept source in every shot.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from graphlib import TopologicalSorter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import Note, Report
from shotlane.expression import (
    DIMENSIONLESS,
    TEXT,
    Expression,
    Type,
    Unit,
    ValueKind,
    expected,
    parse_literal,
)
from shotlane.plan._names import Declared
from shotlane.plan._scope import Scope
from shotlane.plan._term import Compiler, Term
from shotlane.plan._written import Written, parse_written


@dataclass(frozen=True, slots=True)
class Parameters:
    """Sound parameters as terms in an order of evaluation, and the unit of each column."""

    terms: Mapping[str, Term]
    units: Mapping[str, Unit | None]
    labels: Mapping[str, str]


def resolve_parameters(compiler: Compiler, declared: Declared) -> Parameters:
    """Fill the scope with types and report what is wrong with the parameters."""
    scope = compiler.scope
    scope.declared |= declared.names
    scope.broken |= declared.broken
    scope.complete = declared.complete
    for name, written in declared.parameters.items():
        suspicion = _suspicion(name, written)
        if suspicion is not None:
            scope.suspects[name] = suspicion
    labels = {name: written.text for name, written in declared.labels.items()}
    scope.types |= dict.fromkeys(labels, TEXT)
    scope.labels |= set(labels)
    scope.unanswered |= set(declared.asked) - declared.overridden
    expressions = _parse(compiler, declared)
    scope.uses |= {name: expression.names for name, expression in expressions.items()}
    _report_circles(compiler, declared, expressions)
    terms = {}
    for name in _ordered(expressions, scope):
        term = _type(compiler, declared, expressions, name)
        if term is None:
            scope.broken.add(name)
        else:
            scope.types[name] = term.type
            terms[name] = term
    units = {name: _unit(declared.original(name), term) for name, term in terms.items()}
    return Parameters(terms, units, labels)


# Units that are written where a temperature is meant.
_MISTAKEN = {"C": "coulomb", "F": "farad"}


def _suspicion(name: str, written: Written) -> Note | None:
    """What is remarkable about the unit of a parameter, to be said when it does not fit somewhere."""
    literal = None if isinstance(written.raw, bool) else parse_literal(written.text)
    if literal is None:
        return None
    unit = literal[1].text
    if not unit:
        return Note(f"'{name}' is declared without a unit", written.span)
    if unit in _MISTAKEN:
        return Note(f"'{name}' is declared in {unit}, the {_MISTAKEN[unit]}", written.span)
    return None


def _parse(compiler: Compiler, declared: Declared) -> dict[str, Expression]:
    expressions = {}
    names = declared.names
    for name, written in declared.parameters.items():
        expression = parse_written(compiler.report, written, names)
        if expression is None:
            compiler.scope.broken.add(name)
        else:
            expressions[name] = expression
    return expressions


def _report_circles(compiler: Compiler, declared: Declared, expressions: dict[str, Expression]) -> None:
    """One error per circle; its members are broken."""
    for name, expression in expressions.items():
        circle = [] if name in compiler.scope.broken else _circle(name, expressions)
        if circle:
            written = declared.parameters[name]
            shown = " -> ".join([*circle, name])
            compiler.report.error(
                "SEQ206",
                f"parameters depend on each other in a circle: {shown}",
                written.inside(*expression.place([*circle, name][1])),
                help="give one of them a value of its own",
            )
            compiler.scope.broken |= set(circle)


def _circle(name: str, expressions: Mapping[str, Expression]) -> list[str]:
    """The shortest way from a parameter back to itself; empty when there is none."""
    ways = [[name]]
    seen: set[str] = set()
    while ways:
        way = ways.pop(0)
        for used in sorted(expressions[way[-1]].names):
            if used == name:
                return way
            if used in expressions and used not in seen:
                seen.add(used)
                ways.append([*way, used])
    return []


def _ordered(expressions: Mapping[str, Expression], scope: Scope) -> Iterable[str]:
    """Names outside of circles, each after those that it uses."""
    sound = {name: expression for name, expression in expressions.items() if name not in scope.broken}
    graph = {
        name: sorted(used for used in expression.names if used in sound) for name, expression in sound.items()
    }
    order = TopologicalSorter(graph).static_order()
    # Whoever uses an unknown name comes last, so that the suggestion knows all names.
    return sorted(order, key=lambda name: not sound[name].names <= scope.declared)


def _type(
    compiler: Compiler, declared: Declared, expressions: Mapping[str, Expression], name: str
) -> Term | None:
    """One parameter as a term; what it uses has been typed before."""
    term = compiler.typed(declared.parameters[name], expressions[name], {})
    if term is None:
        return None
    if term.type.kind is ValueKind.TEXT:
        help_text = "texts are declared under `labels`"
        compiler.report.error("SEQ208", f"parameter '{name}' is a text", term.written.span, help=help_text)
        return None
    return _overriding(compiler, declared, term, name) if name in declared.overridden else term


def _overriding(compiler: Compiler, declared: Declared, term: Term, name: str) -> Term | None:
    """An override as what the document declares: kelvins for a degC parameter are a point. None: no fit."""
    original = declared.document[name]
    # The document's own value is checked quietly: its faults do not matter once it is overridden.
    quiet = replace(compiler, report=Report())
    written = quiet.term(original)
    fault = None if written is None else unfit(written.type, term.type, text=term.expression.text)
    if fault is not None:
        said = f"the sequence says {original.text}"
        guessed = fault[1] if term.type.dimension != DIMENSIONLESS else None
        help_text = said if guessed is None else f"{guessed} ({said})"
        compiler.report.error("EXP040", fault[0], term.written.span, help=help_text)
        return None
    return term if written is None else replace(term, type=written.type)


def unfit(
    declared: Type, given: Type, *, text: str, unit: Unit | None = None
) -> tuple[str, str | None] | None:
    """Why a value cannot take the place of a declared one; None when it can.

    Stricter than a channel: a parameter declared in K may be a difference, so it never becomes a point.
    """
    fault = expected(declared, given, text=text, unit=unit)
    if fault is None and given.point and not declared.point:
        return "a value in K was declared, and this is a point on a scale", "write it in K"
    return fault


def _unit(written: Written, term: Term) -> Unit | None:
    """The unit that the author declared a parameter in; None for what is derived or has no unit."""
    if term.type.kind is not ValueKind.NUMBER or isinstance(written.raw, bool):
        return None
    literal = parse_literal(written.text)
    return literal[1] if literal is not None else None


def evaluate(
    parameters: Parameters,
    bound: Mapping[str, Any],
    names: Iterable[str] | None = None,
    *,
    declared: Mapping[str, NDArray[np.bool_]] | None = None,
) -> dict[str, Any]:
    """Values in SI of all parameters and labels (or of those in `names`), given those that are bound.

    `declared`: of a bound name, the entries in which it takes the value of its declaration all the same.

    A value is an array where something it depends on is one. What depends on a name without value has none.
    """
    values: dict[str, Any] = {**parameters.labels, **bound}
    wanted = None if names is None else _closure(parameters, names)
    for name, term in parameters.terms.items():
        used = term.expression.names
        mask = (declared or {}).get(name)
        if (name in values and mask is None) or (wanted is not None and name not in wanted):
            continue
        if all(other in values for other in used):
            value = term.expression.evaluate({other: values[other] for other in used})
            if mask is not None:
                value = np.where(mask, value, values[name])
            values[name] = value if isinstance(value, np.ndarray) and value.ndim else np.asarray(value)[()]
    return values


def _closure(parameters: Parameters, names: Iterable[str]) -> set[str]:
    """The names and all that they are derived from."""
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            term = parameters.terms.get(name)
            waiting += term.expression.names if term is not None else ()
    return found
