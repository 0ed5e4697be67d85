"""`optimize`: the last item of a sweep, whose points are asked for shot by shot.

The plan holds a table as for any other sweep, in which every shot of an optimisation stands at its start: the
declared values, or the middle of the range where these lie outside. That is checked before anything opens, is
what `plan` shows, and is the first shot; the others are compiled when they are asked for, each as the one
point of the same sweep.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.expression import ValueKind, describe
from shotlane.model import Sequence
from shotlane.plan._axes import count_of, seed_of
from shotlane.plan._axis_value import Axis, axis_value
from shotlane.plan._optimization import Optimization, Search, value_column
from shotlane.plan._parameters import evaluate
from shotlane.plan._plan import Value
from shotlane.plan._points import Table
from shotlane.plan._results import ResultTerm
from shotlane.plan._rounding import significant
from shotlane.plan._sweep_state import Sweep, axis_of, drop_overridden, tell_item
from shotlane.plan._term import Compiler

GOALS = ("maximize", "minimize")
_KEYS = (*GOALS, "over", "shots", "seed")
_SHAPE = "{maximize: RESULT, over: {NAME: [low, high]}, shots: 40, seed: 1}"


def optimized(sweep: Sweep, raw: Any, place: Path) -> Table | None:
    """The shots of an optimisation, all at its start; what is asked for is left with the pass."""
    if not isinstance(raw, Mapping) or not _known(sweep, raw, place):
        if not isinstance(raw, Mapping):
            tell_item(sweep, "SEQ304", "`optimize` takes a mapping", place, help=f"write {_SHAPE}")
        return None
    goal = _goal(sweep, raw, place)
    shots = count_of(sweep.compiler, (*place, "shots"), raw.get("shots"), "the number of shots")
    seed = seed_of(sweep.compiler, (*place, "seed"), raw.get("seed", sweep.seed))
    over = _searches(sweep, raw.get("over"), (*place, "over"))
    if goal is None or shots is None or seed is None or over is None:
        sweep.faulty |= set(raw["over"]) if isinstance(raw.get("over"), Mapping) else set()
        return None
    sweep.optimization = Optimization(goal[1], goal[0] == "maximize", over, shots, seed)
    columns = {
        search.name: value_column(search.start, sweep.parameters, search.name, shots) for search in over
    }
    return Table(columns, shots)


def check_goal(
    compiler: Compiler, sequence: Sequence, optimization: Optimization, results: Iterable[ResultTerm]
) -> None:
    """Report a goal that is no number; a result with faults of its own was told."""
    goal = "maximize" if optimization.maximize else "minimize"
    span = compiler.document.span(("sweep", len(sequence.sweep) - 1, "optimize", goal))
    name = optimization.result
    if name not in sequence.results and not compiler.document.has_dropped(("results",)):
        help = did_you_mean(name, sequence.results, what="results of this sequence")
        compiler.report.error("SEQ304", f"there is no result '{name}' to {goal}", span, help=help)
    found = next((result for result in results if result.name == name), None)
    if found is not None and found.formula is not None and not found.formula.type.is_number:
        message = f"'{name}' is {describe(found.formula.type)}, and only a number can be optimised"
        compiler.report.error("SEQ304", message, span)


def _known(sweep: Sweep, raw: Mapping[str, Any], place: Path) -> bool:
    document = sweep.compiler.document
    for key in raw:
        if key not in _KEYS:
            sweep.compiler.report.error(
                "SEQ304", f"'{key}' does not belong here", document.key_span((*place, key)),
                help=did_you_mean(key, _KEYS, what="possible here"),
            )  # fmt: skip
            return False
    for key in ("over", "shots"):
        if key not in raw:
            tell_item(sweep, "SEQ304", f"`optimize` needs `{key}`", place, key=True, help=f"write {_SHAPE}")
            return False
    return True


def _goal(sweep: Sweep, raw: Mapping[str, Any], place: Path) -> tuple[str, str] | None:
    """Which way, and the result."""
    goals = [key for key in GOALS if key in raw]
    if len(goals) != 1:
        message = "`optimize` has one goal: maximize or minimize"
        tell_item(sweep, "SEQ304", message, place, key=True, help=f"write {_SHAPE}")
        return None
    if not isinstance(raw[goals[0]], str):
        tell_item(sweep, "SEQ304", f"`{goals[0]}` takes the name of a result", (*place, goals[0]))
        return None
    return goals[0], raw[goals[0]]


def _searches(sweep: Sweep, raw: Any, place: Path) -> tuple[Search, ...] | None:
    if not isinstance(raw, Mapping) or not raw:
        message = "`over` takes what is varied, each with its range"
        tell_item(sweep, "SEQ304", message, place, help="write over: {T_soak: [40 degC, 80 degC]}")
        return None
    found: list[Search | None] = []
    for name, ends in raw.items():
        if name in sweep.declared.overridden:
            drop_overridden(sweep, name, None, (*place, name))
            continue
        axis = axis_of(sweep, name, (*place, name))
        found.append(None if axis is None else _search(sweep, axis, ends, (*place, name)))
    if not found:
        message = f"nothing is left to optimise: all of it is given {sweep.declared.given.value}"
        tell_item(sweep, "SEQ304", message, place, key=True)
        return None
    sound = [search for search in found if search is not None]
    return tuple(sound) if len(sound) == len(found) else None


def _search(sweep: Sweep, axis: Axis, raw: Any, place: Path) -> Search | None:
    number = axis.type.kind is ValueKind.NUMBER
    if not isinstance(raw, list) or len(raw) < 2 or (number and len(raw) != 2):
        shape = "[lowest, highest]" if number else "[first, second, ...]"
        message = f"'{axis.name}' is searched over {'a range' if number else 'choices'}: {shape}"
        tell_item(sweep, "SEQ304", message, place, help=f"write {axis.name}: {shape}")
        return None
    values = [axis_value(sweep.compiler, axis, (*place, index), item) for index, item in enumerate(raw)]
    if any(value is None for value in values):
        return None
    declared = evaluate(sweep.parameters, {}, [axis.name]).get(axis.name)
    if not number:
        choices: tuple[Value, ...] = tuple(
            value if isinstance(value, str) else bool(value) for value in values
        )
        start = next((choice for choice in choices if choice == declared), choices[0])
        return Search(axis.name, start, choices=choices)
    low, high = _declared_unit(axis, values[0]), _declared_unit(axis, values[1])
    if not low < high:
        tell_item(sweep, "SEQ304", "the first end of a range is the lower one", place)
        return None
    here = None if declared is None else _declared_unit(axis, declared)
    middle = float(significant((low + high) / 2))
    return Search(axis.name, here if here is not None and low <= here <= high else middle, low, high)


def _declared_unit(axis: Axis, value: Any) -> float:
    """A number in SI in the unit of the column, rounded as columns are."""
    return float(significant(axis.unit.from_si(float(value)) if axis.unit is not None else value))
