"""Fourth pass: the items of `sweep`, read top to bottom, make the table of points.

A faulty item is left out and its names keep only their types, so that the rest of the sweep and everything
that does not depend on them goes on being checked.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from shotlane.document import Path
from shotlane.expression import NUMBER
from shotlane.plan._axes import axis_values, count_of, seed_of
from shotlane.plan._names import Declared
from shotlane.plan._optimization import AskedPoint, Optimization
from shotlane.plan._optimize import optimized
from shotlane.plan._parameters import Parameters, evaluate
from shotlane.plan._points import Table, shuffled
from shotlane.plan._sweep_points import listed_points, stacked
from shotlane.plan._sweep_state import (
    SPECIAL,
    Sweep,
    axis_of,
    derived_from,
    drop_overridden,
    swept_names,
    tell_item,
    times,
)
from shotlane.plan._sweep_values import bind_values
from shotlane.plan._sweep_when import keep_when
from shotlane.plan._term import Compiler


def sweep_points(
    compiler: Compiler,
    declared: Declared,
    parameters: Parameters,
    items: list[dict[str, Any]],
    *,
    order: Any = None,
    seed: int = 0,
    asked: AskedPoint | None = None,
) -> tuple[Table, Optimization | None]:
    """The points of the sweep, and what asks for those to come; fills the scope with values.

    Without items there is one point. `asked`: one point, in place of all.
    """
    scope = compiler.scope
    swept = set(swept_names(items)) - declared.overridden
    constants = evaluate(parameters, {})
    changing = derived_from(parameters, swept)
    scope.values |= {name: value for name, value in constants.items() if name not in changing}
    pass_ = Sweep(compiler, declared, parameters, seed, swept=swept, snake=order == "snake")
    table = _run(pass_, items, ("sweep",))
    table = _ordered(pass_, table, order)
    if asked is not None:
        table = asked.of(table, parameters)
    bind_values(pass_, table)
    return table, pass_.optimization


def _run(sweep: Sweep, items: list[Any], path: Path) -> Table:
    table = Table()
    for index, item in enumerate(items):
        place = (*path, index)
        if index and isinstance(items[index - 1], Mapping) and "optimize" in items[index - 1]:
            message = "`optimize` is the last item of a sweep: its points are asked for one by one"
            tell_item(sweep, "SEQ304", message, place, help="write this item above `optimize`")
            break
        if not isinstance(item, Mapping) or not item:
            document = sweep.compiler.document
            if not document.is_dropped(place) and not document.has_dropped(place):
                tell_item(sweep, "SEQ304", "an item of the sweep names what it varies", place)
            continue
        table = _item(sweep, table, item, place)
    return table


def _item(sweep: Sweep, table: Table, item: Mapping[str, Any], place: Path) -> Table:
    special = [key for key in item if key in SPECIAL]
    if not special:
        return times(sweep, table, _zip(sweep, item, place), place)
    if len(item) > 1:
        tell_item(sweep, "SEQ304", f"`{special[0]}` is an item of its own", (*place, special[0]), key=True)
        return table
    raw = item[special[0]]
    place = (*place, special[0])
    match special[0]:
        case "repeat":
            return times(sweep, table, _repeat(sweep, raw, place), place, snake=False)
        case "when":
            return keep_when(sweep, table, raw, place)
        case "points":
            return times(sweep, table, listed_points(sweep, raw, place), place)
        case "concat":
            return times(sweep, table, _concat(sweep, raw, place), place)
        case _:
            inner = optimized(sweep, raw, place) if _is_last_of_all(sweep, place) else None
            return times(sweep, table, inner, place, snake=False)


def _is_last_of_all(sweep: Sweep, place: Path) -> bool:
    """Whether `optimize` stands in the sweep itself; nothing may follow it there."""
    if "concat" in place:
        message = "`optimize` stands at the end of the whole sweep, not in `concat`"
        tell_item(sweep, "SEQ304", message, place, key=True)
    return "concat" not in place


def _zip(sweep: Sweep, item: Mapping[str, Any], place: Path) -> Table | None:
    """One axis, or several of equal length that advance together."""
    columns: dict[str, Any] = {}
    lengths: dict[str, int] = {}
    sound = True
    for name, raw in item.items():
        if name in sweep.declared.overridden:
            drop_overridden(sweep, name, raw, (*place, name))
            continue
        axis = axis_of(sweep, name, (*place, name))
        if axis is None and name not in sweep.compiler.scope.broken:
            # The mistake is the name, so nobody counts its values.
            columns[name], sound = None, False
            continue
        values = None if axis is None else axis_values(sweep.compiler, axis, (*place, name), raw)
        if values is None:
            sound = False
        columns[name] = values
        if values is not None or isinstance(raw, list):
            lengths[name] = len(raw if values is None else values)
    if len(set(lengths.values())) > 1:
        shown = ", ".join(f"{name} has {length}" for name, length in lengths.items())
        tell_item(
            sweep, "SEQ303", f"axes that advance together need equal lengths: {shown} values", place,
            help="make them equal, or write each as an item of its own to combine all with all",
        )  # fmt: skip
        sound = False
    if not sound:
        sweep.faulty |= set(columns)
        return None
    return Table(columns, next(iter(lengths.values()))) if columns else None


def _repeat(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    scope = sweep.compiler.scope
    if "repeat" in scope.declared and "repeat" not in sweep.bound:
        tell_item(
            sweep, "SEQ304", "a parameter is called 'repeat' already", place, key=True, help="rename it"
        )
        return None
    if "repeat" in sweep.bound:
        tell_item(
            sweep, "SEQ302", "the sweep repeats twice", place, key=True, help="multiply the two numbers"
        )
        return None
    sweep.bound["repeat"] = place
    scope.types["repeat"] = NUMBER
    scope.declared.add("repeat")
    count = count_of(sweep.compiler, place, raw, "the number of repeats")
    if count is None:
        sweep.faulty.add("repeat")
        return None
    return Table({"repeat": np.arange(1.0, count + 1)}, count)


def _concat(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    """Sub-sweeps one after the other."""
    if not isinstance(raw, list) or not raw or not all(isinstance(part, list) for part in raw):
        tell_item(sweep, "SEQ304", "`concat` takes a list of sweeps, each a list of items", place)
        sweep.faulty |= set(swept_names([{"concat": raw}])) & set(sweep.compiler.scope.types)
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
    return stacked(sweep, tables, place, sound=len(sweep.faulty) == faults)


def _ordered(sweep: Sweep, table: Table, order: Any) -> Table:
    """The points in the order of `order`; a snake was laid while the table grew."""
    if order is None or order in ("as_written", "snake"):
        return table
    if sweep.optimization is not None:
        message = "the shots of an optimisation come one after the other"
        tell_item(sweep, "SEQ309", message, ("order",), help="leave `order` out")
        return table
    if isinstance(order, Mapping) and set(order) == {"shuffle"}:
        seed = seed_of(sweep.compiler, ("order", "shuffle"), order["shuffle"])
        return table if seed is None else table.permute(shuffled(seed, table.count))
    tell_item(sweep, "SEQ309", "`order` is as_written, snake or {shuffle: SEED}", ("order",))
    return table
