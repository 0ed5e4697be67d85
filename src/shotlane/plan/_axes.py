"""The values of one axis: a list, or a form such as `{linspace: [a, b, n]}`.

Forms are computed in the unit that the parameter was declared in and rounded to 12 digits there, so that
linspace over 10..30 cm**3/min has a point at exactly 20. An axis depends on no swept name.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import did_you_mean
from shotlane.document import Path
from shotlane.expression import ValueKind
from shotlane.plan._axis_value import Axis, axis_value
from shotlane.plan._file_axis import file_values
from shotlane.plan._points import uniform
from shotlane.plan._rounding import significant
from shotlane.plan._term import Compiler

Floats = NDArray[np.float64]

MOST_POINTS = 20_000_000
FORMS = ("linspace", "arange", "logspace", "random", "file")


def axis_values(compiler: Compiler, axis: Axis, path: Path, raw: Any) -> NDArray[Any] | None:
    """Values in SI (or booleans, or texts); None when the axis is faulty, which is reported."""
    if isinstance(raw, list):
        if raw:
            return _listed(compiler, axis, path, raw)
    elif isinstance(raw, Mapping):
        return _formed(compiler, axis, path, raw)
    _not_understood(compiler, path, axis.name)
    return None


def _not_understood(compiler: Compiler, path: Path, name: str) -> None:
    compiler.report.error(
        "SEQ304",
        f"the axis of '{name}' has no list of values",
        compiler.document.span(path),
        help=f"write `{name}: [first, second]`, or `{name}: {{linspace: [first, last, count]}}`",
    )


def _listed(compiler: Compiler, axis: Axis, path: Path, raw: list[Any]) -> NDArray[Any] | None:
    values = [axis_value(compiler, axis, (*path, index), item) for index, item in enumerate(raw)]
    if any(value is None for value in values):
        return None
    if axis.type.kind is ValueKind.TEXT:
        return np.array(values, dtype=object)
    return np.array(values)


def _formed(compiler: Compiler, axis: Axis, path: Path, raw: Mapping[str, Any]) -> NDArray[Any] | None:
    forms = [key for key in raw if key in FORMS]
    if len(forms) != 1:
        first = next(iter(raw), "")
        compiler.report.error(
            "SEQ304",
            f"'{first}' is no form of an axis"
            if not forms
            else f"an axis has one form, not {' and '.join(forms)}",
            compiler.document.key_span((*path, forms[1] if forms else first)),
            help=did_you_mean(str(first), FORMS, what="forms of an axis") if not forms else None,
        )
        return None
    form = forms[0]
    if form == "file":
        known = _only(compiler, path, raw, {"file", "column"})
        return file_values(compiler, axis, path, raw) if known else None
    if not _only(compiler, path, raw, {form, "points", "seed"} if form == "random" else {form}):
        return None
    if axis.type.kind is not ValueKind.NUMBER:
        compiler.report.error(
            "SEQ305", f"'{axis.name}' is not a number, so {form} has no values for it",
            compiler.document.key_span((*path, form)), help="list the values",
        )  # fmt: skip
        return None
    return (
        _random(compiler, axis, path, raw) if form == "random" else _spaced(compiler, axis, path, raw, form)
    )


def _only(compiler: Compiler, path: Path, raw: Mapping[str, Any], known: set[str]) -> bool:
    extra = [key for key in raw if key not in known]
    for key in extra:
        place = compiler.document.key_span((*path, key))
        compiler.report.error(
            "SEQ304",
            f"'{key}' does not belong here",
            place,
            help=did_you_mean(key, known, what="possible here"),
        )
    return not extra


def _ends(compiler: Compiler, axis: Axis, path: Path, raw: Any, count: int, shape: str) -> list[Any] | None:
    if isinstance(raw, list) and len(raw) == count:
        return raw
    compiler.report.error(
        "SEQ304",
        f"{path[-1]} needs {count} values: {shape}",
        compiler.document.span(path),
        help=f"write `{path[-1]}: {shape}`",
    )
    return None


def _spaced(compiler: Compiler, axis: Axis, path: Path, raw: Mapping[str, Any], form: str) -> Floats | None:
    place = (*path, form)
    shape = "[first, last, step]" if form == "arange" else "[first, last, count]"
    given = _ends(compiler, axis, place, raw[form], 3, shape)
    if given is None:
        return None
    first = axis_value(compiler, axis, (*place, 0), given[0])
    last = axis_value(compiler, axis, (*place, 1), given[1])
    if form == "arange":
        # A step between two temperatures is a difference.
        step_axis = replace(axis, type=replace(axis.type, point=False, difference=axis.type.point))
        third = axis_value(compiler, step_axis, (*place, 2), given[2])
    else:
        third = count_of(compiler, (*place, 2), given[2], "the count")
    if first is None or last is None or third is None:
        return None
    maker: Callable[..., Floats | str] = {"linspace": _linspace, "logspace": _logspace, "arange": _arange}[
        form
    ]
    scale = axis.unit.factor if axis.unit is not None else 1.0
    ends = (_declared(axis, first), _declared(axis, last))
    made = maker(*ends, third / scale if form == "arange" else third)
    if isinstance(made, str):
        compiler.report.error("SEQ304", f"{form}: {made}", compiler.document.span(place))
        return None
    return _to_si(axis, made)


def _declared(axis: Axis, value: float) -> float:
    return float(significant(axis.unit.from_si(float(value)) if axis.unit is not None else value))


def _to_si(axis: Axis, values: Floats) -> Floats:
    rounded = significant(values)
    return np.asarray(axis.unit.to_si(rounded)) if axis.unit is not None else rounded


def _linspace(first: float, last: float, count: int) -> Floats | str:
    if count == 1 and first != last:
        return "one point cannot be both the first and the last"
    return np.linspace(first, last, count)


def _logspace(first: float, last: float, count: int) -> Floats | str:
    if first * last <= 0:
        return "both end values must be above 0"
    if count == 1 and first != last:
        return "one point cannot be both the first and the last"
    values = first * (last / first) ** (np.arange(count) / max(count - 1, 1))
    values[-1] = last
    return np.asarray(values)


def _arange(first: float, last: float, step: float) -> Floats | str:
    if step == 0 or (last - first) / step < 0:
        return "the step does not lead from the first value to the last"
    count = int(np.floor((last - first) / step + 1e-9)) + 1
    if count > MOST_POINTS:
        return f"more than {MOST_POINTS} points"
    return np.asarray(first + np.arange(count) * step)


def _random(compiler: Compiler, axis: Axis, path: Path, raw: Mapping[str, Any]) -> Floats | None:
    place = (*path, "random")
    given = _ends(compiler, axis, place, raw["random"], 2, "[low, high]")
    if "points" not in raw:
        compiler.report.error(
            "SEQ304",
            "random needs a number of points",
            compiler.document.key_span(place),
            help="write {random: [low, high], points: 10, seed: 0}",
        )
        return None
    count = count_of(compiler, (*path, "points"), raw["points"], "the number of points")
    seed = seed_of(compiler, (*path, "seed"), raw.get("seed", axis.seed))
    if given is None or count is None or seed is None:
        return None
    low = axis_value(compiler, axis, (*place, 0), given[0])
    high = axis_value(compiler, axis, (*place, 1), given[1])
    if low is None or high is None:
        return None
    start, end = _declared(axis, low), _declared(axis, high)
    return _to_si(axis, start + (end - start) * uniform(seed, count))


def count_of(compiler: Compiler, path: Path, raw: Any, what: str) -> int | None:
    """A number of points; None when it is none, which is reported."""
    return _whole(compiler, path, raw, what, 1, MOST_POINTS)


def seed_of(compiler: Compiler, path: Path, raw: Any) -> int | None:
    """A seed; None when it is none, which is reported."""
    return _whole(compiler, path, raw, "the seed", 0, 2**63 - 1)


def _whole(compiler: Compiler, path: Path, raw: Any, what: str, least: int, most: int) -> int | None:
    if isinstance(raw, int) and not isinstance(raw, bool) and least <= raw <= most:
        return raw
    message = f"{what} must be a whole number from {least} to {most}"
    compiler.report.error("SEQ304", message, compiler.document.span(path))
    return None
