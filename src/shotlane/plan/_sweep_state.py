"""What the pass over the sweep carries along, and what its items share."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from shotlane.diagnostics import Note, did_you_mean
from shotlane.document import Path
from shotlane.plan._axes import MOST_POINTS
from shotlane.plan._axis_value import Axis
from shotlane.plan._names import Declared
from shotlane.plan._optimization import Optimization
from shotlane.plan._parameters import Parameters
from shotlane.plan._points import Table
from shotlane.plan._term import Compiler, Term

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
    optimization: Optimization | None = None


def swept_names(items: Iterable[Any]) -> Iterable[str]:
    """Every name that an item binds, also a faulty one."""
    for item in items:
        if not isinstance(item, Mapping):
            continue
        if "concat" in item and isinstance(item["concat"], list):
            for part in item["concat"]:
                yield from swept_names(part if isinstance(part, list) else ())
        elif "points" in item and isinstance(item["points"], list):
            for row in item["points"]:
                yield from row if isinstance(row, Mapping) else ()
        elif "repeat" in item:
            yield "repeat"
        elif "optimize" in item:
            over = item["optimize"].get("over") if isinstance(item["optimize"], Mapping) else None
            yield from over if isinstance(over, Mapping) else ()
        elif "when" not in item:
            yield from item


def derived_from(parameters: Parameters, swept: set[str]) -> set[str]:
    """The swept names and all that is derived from them."""
    changing = set(swept)
    for name, term in parameters.terms.items():
        if term.expression.names & changing:
            changing.add(name)
    return changing


def sources_of(parameters: Parameters, term: Term) -> set[str]:
    found: set[str] = set()
    waiting = list(term.expression.names)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            if name in parameters.terms:
                waiting += parameters.terms[name].expression.names
    return found


def tell_item(
    sweep: Sweep, code: str, message: str, path: Path, *, key: bool = False, help: str | None = None
) -> None:
    document = sweep.compiler.document
    span = document.key_span(path) if key else document.span(path)
    sweep.compiler.report.error(code, message, span, help=help)


def times(
    sweep: Sweep, table: Table, inner: Table | None, place: Path, *, snake: bool | None = None
) -> Table:
    if inner is None:
        return table
    if table.count * inner.count > MOST_POINTS:
        tell_item(
            sweep, "SEQ309", f"the sweep has more than {MOST_POINTS} points from here on", place, key=True
        )
        sweep.faulty |= set(inner.columns)
        return table
    return table.times(inner, snake=sweep.snake if snake is None else snake)


def axis_of(sweep: Sweep, name: str, place: Path) -> Axis | None:
    """What may be said of a swept name; None when it cannot be swept here."""
    scope = sweep.compiler.scope
    if name in scope.broken:
        return None
    if name not in scope.types and not scope.complete:
        return None
    if name not in scope.types:
        tell_item(
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


def drop_overridden(sweep: Sweep, name: str, raw: Any, place: Path) -> None:
    values = f" of {len(raw)} values" if isinstance(raw, list) else ""
    sweep.compiler.report.warning(
        "SEQ308",
        f"'{name}' is given {sweep.declared.given.value}, so its axis{values} is dropped",
        sweep.compiler.document.key_span(place),
    )
