"""Fourth pass: the items of `sweep`, read top to bottom, make the table of points.

A faulty item is left out and its names keep only their types, so that the rest of the sweep and everything
that does not depend on them goes on being checked.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from shotlane.diagnostics import Note, did_you_mean
from shotlane.document import Path
from shotlane.expression import NUMBER, ValueKind
from shotlane.plan._axes import MOST_POINTS, Axis, axis_value, axis_values, count_of
from shotlane.plan._names import Declared
from shotlane.plan._parameters import Parameters, evaluate
from shotlane.plan._points import Table, shuffled, stack
from shotlane.plan._scope import Scope
from shotlane.plan._term import Compiler, Term
from shotlane.plan._unavailable import refuse

SPECIAL = ("repeat", "when", "points", "concat", "optimize")


@dataclass(slots=True)
class Sweep:
    """The pass at work. `bound`: where each name was swept first. `faulty`: names without sound values."""

    compiler: Compiler
    declared: Declared
    parameters: Parameters
    seed: int
    snake: bool = False
    bound: dict[str, Path] = field(default_factory=dict)
    faulty: set[str] = field(default_factory=set)
    swept: set[str] = field(default_factory=set)


def sweep_points(
    compiler: Compiler,
    declared: Declared,
    parameters: Parameters,
    items: list[dict[str, Any]],
    *,
    order: Any = None,
    seed: int = 0,
) -> Table:
    """The points of the sweep; fills the scope with values. Without items there is one point."""
    scope = compiler.scope
    swept = set(_swept_names(items)) - declared.overridden
    constants = evaluate(parameters, {})
    changing = _depending(parameters, swept)
    scope.values |= {name: value for name, value in constants.items() if name not in changing}
    pass_ = Sweep(compiler, declared, parameters, seed, swept=swept, snake=order == "snake")
    table = _run(pass_, items, ("sweep",))
    table = _ordered(pass_, table, order)
    _bind(pass_, table)
    return table


def _swept_names(items: Iterable[Any]) -> Iterable[str]:
    """Every name that an item binds, also a faulty one."""
    for item in items:
        if not isinstance(item, Mapping):
            continue
        if "concat" in item and isinstance(item["concat"], list):
            for part in item["concat"]:
                yield from _swept_names(part if isinstance(part, list) else ())
        elif "points" in item and isinstance(item["points"], list):
            for row in item["points"]:
                yield from row if isinstance(row, Mapping) else ()
        elif "repeat" in item:
            yield "repeat"
        elif "when" not in item and "optimize" not in item:
            yield from item


def _depending(parameters: Parameters, swept: set[str]) -> set[str]:
    """The swept names and all that is derived from them."""
    changing = set(swept)
    for name, term in parameters.terms.items():
        if term.expression.names & changing:
            changing.add(name)
    return changing


def _run(sweep: Sweep, items: list[Any], path: Path) -> Table:
    table = Table()
    for index, item in enumerate(items):
        place = (*path, index)
        if not isinstance(item, Mapping) or not item:
            if not sweep.compiler.document.is_dropped(place):
                _error(sweep, "SEQ304", "an item of the sweep names what it varies", place)
            continue
        table = _item(sweep, table, item, place)
    return table


def _item(sweep: Sweep, table: Table, item: Mapping[str, Any], place: Path) -> Table:
    special = [key for key in item if key in SPECIAL]
    if not special:
        return _times(sweep, table, _zip(sweep, item, place), place)
    if len(item) > 1:
        _error(sweep, "SEQ304", f"`{special[0]}` is an item of its own", (*place, special[0]), key=True)
        return table
    raw = item[special[0]]
    place = (*place, special[0])
    match special[0]:
        case "repeat":
            return _times(sweep, table, _repeat(sweep, raw, place), place, snake=False)
        case "when":
            return _when(sweep, table, raw, place)
        case "points":
            return _times(sweep, table, _listed_points(sweep, raw, place), place)
        case "concat":
            return _times(sweep, table, _concat(sweep, raw, place), place)
        case _:
            refuse(sweep.compiler, place, "`optimize`")
            return table


def _error(
    sweep: Sweep, code: str, message: str, path: Path, *, key: bool = False, help: str | None = None
) -> None:
    document = sweep.compiler.document
    span = document.key_span(path) if key else document.span(path)
    sweep.compiler.report.error(code, message, span, help=help)


def _times(
    sweep: Sweep, table: Table, inner: Table | None, place: Path, *, snake: bool | None = None
) -> Table:
    if inner is None:
        return table
    if table.count * inner.count > MOST_POINTS:
        _error(sweep, "SEQ309", f"the sweep has more than {MOST_POINTS} points from here on", place, key=True)
        sweep.faulty |= set(inner.columns)
        return table
    return table.times(inner, snake=sweep.snake if snake is None else snake)


def _axis(sweep: Sweep, name: str, place: Path) -> Axis | None:
    """What may be said of a swept name; None when it cannot be swept here."""
    scope = sweep.compiler.scope
    if name in scope.broken:
        return None
    if name not in scope.types:
        _error(
            sweep, "SEQ301", f"there is no parameter or label '{name}' to vary", place, key=True,
            help=did_you_mean(name, scope.declared, what="declared"),
        )  # fmt: skip
        return None
    first = sweep.bound.get(name)
    if first is not None:
        document = sweep.compiler.document
        sweep.compiler.report.error(
            "SEQ302",
            f"'{name}' is swept twice",
            document.key_span(place),
            help="keep one of the two axes",
            notes=(Note("first swept here", document.key_span(first)),),
        )
        return None
    sweep.bound[name] = place
    return Axis(name, scope.types[name], sweep.parameters.units.get(name), sweep.seed)


def _zip(sweep: Sweep, item: Mapping[str, Any], place: Path) -> Table | None:
    """One axis, or several of equal length that advance together."""
    columns: dict[str, Any] = {}
    sound = True
    for name, raw in item.items():
        if name in sweep.declared.overridden:
            _drop_overridden(sweep, name, raw, (*place, name))
            continue
        axis = _axis(sweep, name, (*place, name))
        values = None if axis is None else axis_values(sweep.compiler, axis, (*place, name), raw)
        if values is None:
            sound = False
        columns[name] = values
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        _error(
            sweep, "SEQ303", f"axes that advance together need equal lengths: {shown} values", place,
            help="make them equal, or write each as an item of its own to combine all with all",
        )  # fmt: skip
        sound = False
    if not sound:
        sweep.faulty |= set(columns)
        return None
    return Table(columns, next(iter(lengths.values()))) if columns else None


def _drop_overridden(sweep: Sweep, name: str, raw: Any, place: Path) -> None:
    values = f" of {len(raw)} values" if isinstance(raw, list) else ""
    sweep.compiler.report.warning(
        "SEQ308",
        f"'{name}' is given on the command line, so its axis{values} is dropped",
        sweep.compiler.document.key_span(place),
    )


def _repeat(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    scope = sweep.compiler.scope
    if "repeat" in scope.declared and "repeat" not in sweep.bound:
        _error(sweep, "SEQ304", "a parameter is called 'repeat' already", place, key=True, help="rename it")
        return None
    if "repeat" in sweep.bound:
        _error(sweep, "SEQ302", "the sweep repeats twice", place, key=True, help="multiply the two numbers")
        return None
    sweep.bound["repeat"] = place
    scope.types["repeat"] = NUMBER
    scope.declared.add("repeat")
    count = count_of(sweep.compiler, place, raw, "the number of repeats")
    if count is None:
        sweep.faulty.add("repeat")
        return None
    return Table({"repeat": np.arange(1.0, count + 1)}, count)


def _when(sweep: Sweep, table: Table, raw: Any, place: Path) -> Table:
    """The points where a condition on what stands above is true."""
    term = _condition(sweep, table, raw, place)
    if term is None or not _knows(sweep, term):
        return table
    values = evaluate(sweep.parameters, table.columns, term.expression.names)
    names = term.expression.names
    if not all(name in values for name in names):
        return table
    mask = np.asarray(term.expression.evaluate({name: values[name] for name in names}), dtype=bool)
    kept = table.keep(np.broadcast_to(mask, (table.count,)))
    if kept.count == 0:
        _error(sweep, "SEQ306", "no point of the sweep is left: this is true at none", place)
        return table
    return kept


def _condition(sweep: Sweep, table: Table, raw: Any, place: Path) -> Term | None:
    compiler = sweep.compiler
    if not isinstance(raw, (bool, int, float, str)):
        _error(sweep, "SEQ304", "`when` takes one condition", place)
        return None
    term = compiler.term(compiler.written(place, raw))
    if term is not None and term.type.kind is not ValueKind.BOOLEAN:
        _error(
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
    needed = _depending_on(sweep.parameters, term)
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


def _depending_on(parameters: Parameters, term: Term) -> set[str]:
    found: set[str] = set()
    waiting = list(term.expression.names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in parameters.terms:
                waiting += parameters.terms[name].expression.names
    return found


def _listed_points(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    """Points written out one by one; a name missing in one takes its declared value."""
    if not isinstance(raw, list) or not raw or not all(isinstance(row, Mapping) and row for row in raw):
        _error(sweep, "SEQ304", "`points` takes a list of points such as {T_soak: 60 degC}", place)
        sweep.faulty |= set(_swept_names([{"points": raw}])) & set(sweep.compiler.scope.types)
        return None
    tables = []
    axes: dict[str, Axis | None] = {}
    sound = True
    for index, row in enumerate(raw):
        columns = {}
        for name, value in row.items():
            here = (*place, index, name)
            if name in sweep.declared.overridden:
                continue
            if name not in axes:
                axes[name] = _axis(sweep, name, here)
            axis = axes[name]
            found = None if axis is None else axis_value(sweep.compiler, axis, here, value)
            sound = sound and found is not None
            columns[name] = np.array([found], dtype=object if isinstance(found, str) else None)
        tables.append(Table(columns, 1))
    for name in sorted(sweep.declared.overridden & {name for row in raw for name in row}):
        _drop_overridden(sweep, name, None, place)
    return _stacked(sweep, tables, place, sound=sound)


def _concat(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    """Sub-sweeps one after the other."""
    if not isinstance(raw, list) or not raw or not all(isinstance(part, list) for part in raw):
        _error(sweep, "SEQ304", "`concat` takes a list of sweeps, each a list of items", place)
        sweep.faulty |= set(_swept_names([{"concat": raw}])) & set(sweep.compiler.scope.types)
        return None
    above = dict(sweep.bound)
    faults = len(sweep.faulty)
    tables = []
    bound = dict(above)
    for index, part in enumerate(raw):
        sweep.bound = dict(above)
        tables.append(_run(sweep, part, (*place, index)))
        bound |= sweep.bound
    sweep.bound = bound
    return _stacked(sweep, tables, place, sound=len(sweep.faulty) == faults)


def _stacked(sweep: Sweep, tables: list[Table], place: Path, *, sound: bool) -> Table | None:
    names = {name for table in tables for name in table.columns}
    missing: dict[str, Any] = {"repeat": 1.0}
    for name in sorted(names):
        if any(name not in table.columns for table in tables) and name != "repeat":
            declared = evaluate(sweep.parameters, {}, [name]).get(name)
            term = sweep.parameters.terms.get(name)
            if term is not None and _depending_on(sweep.parameters, term) & sweep.swept:
                refuse(sweep.compiler, place, f"a derived value for '{name}' in the points that lack it")
                sound = False
            missing[name] = declared
    if not sound:
        sweep.faulty |= names
        return None
    return stack(tables, missing)


def _ordered(sweep: Sweep, table: Table, order: Any) -> Table:
    """The points in the order of `order`; a snake was laid while the table grew."""
    if order is None or order in ("as_written", "snake"):
        return table
    if isinstance(order, Mapping) and set(order) == {"shuffle"}:
        seed = count_of(sweep.compiler, ("order", "shuffle"), order["shuffle"], "the seed", least=0)
        return table if seed is None else table.permute(shuffled(seed, table.count))
    _error(sweep, "SEQ309", "`order` is as_written, snake or {shuffle: SEED}", ("order",))
    return table


def _bind(sweep: Sweep, table: Table) -> None:
    """Values of all names over all points."""
    scope = sweep.compiler.scope
    scope.count = table.count
    refused = _depending(sweep.parameters, sweep.faulty | (sweep.swept - set(sweep.bound)))
    values = evaluate(sweep.parameters, table.columns)
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
