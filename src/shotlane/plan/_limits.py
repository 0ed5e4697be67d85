"""Check of values: finite, within the limits, an option, a whole number, at every point of the sweep.

A value is judged as it is sent. What a cell takes over from the cells beside it is judged there.
"""

from typing import Any

import numpy as np

from shotlane.diagnostics import Span
from shotlane.expression import Type, parse_unit, tidy
from shotlane.model import Channel, ValueType, as_limited
from shotlane.plan._exact import NS_PER_S, Floats
from shotlane.plan._findings import Findings, Told, shown
from shotlane.plan._levels import LabelLevel, Level, TermLevel
from shotlane.plan._scope import Rows

_CELSIUS = parse_unit("degC")
_KELVIN = parse_unit("K")
# What has more of them was hardly written so, but in another unit, such as degF.
_WRITTEN_DECIMALS = 6
NUMBERS = (ValueType.FLOAT, ValueType.INT)


def check_level(findings: Findings, rows: Rows, channel: Channel, level: Level) -> Floats | None:
    """Find what is wrong with a value; the value where it can be sent, None where it is a code."""
    values = level.column(rows)
    attribute = channel.attribute
    if isinstance(level, LabelLevel) and attribute.type is ValueType.OPTION:
        bad = np.isnan(values)
        if bad.any():
            findings.add("SEQ404", level.span, rows, bad, lambda at: _no_option(channel, level, rows, at))
        return None
    if attribute.type not in NUMBERS:
        return None
    if attribute.type is ValueType.INT and isinstance(level, TermLevel):
        _check_whole(findings, rows, channel, level)
    written = level.term.type if isinstance(level, TermLevel) else None
    check_numbers(findings, rows, channel.name, attribute, level.span, values, written=written)
    return values


def check_numbers(
    findings: Findings,
    rows: Rows,
    name: str,
    bounds: Any,
    span: Span,
    values: Floats,
    valid: Any = True,
    seconds: Floats | None = None,
    written: Type | None = None,
) -> None:
    """Find numbers that are not finite or leave `bounds.low` or `bounds.high`.

    `valid` masks values; `seconds`: times in the cell, and `written`: of which type they were written, for
    the message.
    """
    undefined = ~np.isfinite(values) & valid
    if undefined.any():
        findings.add("SEQ402", span, rows, undefined, lambda at: _not_finite(name, undefined, seconds, at))
    bad = np.zeros((1, 1), dtype=np.bool_)
    if bounds.low is not None:
        bad = bad | (values < bounds.low)
    if bounds.high is not None:
        bad = bad | (values > bounds.high)
    bad = bad & valid & ~undefined
    if bad.any():
        findings.add(
            "SEQ401", span, rows, bad, lambda at: _outside(name, bounds, values, bad, seconds, written, at)
        )


def _check_whole(findings: Findings, rows: Rows, channel: Channel, level: TermLevel) -> None:
    numbers = np.asarray(level.term.column(rows), dtype=np.float64)
    unit = channel.attribute.unit
    exact = unit.from_si(numbers) if unit is not None else numbers
    numbers = np.where(np.isfinite(exact), exact, 0.0)  # what is not finite is told elsewhere
    bad = np.abs(numbers - np.rint(numbers)) > 1e-9 * np.maximum(1.0, np.abs(numbers))
    if bad.any():
        findings.add("SEQ405", level.span, rows, bad, lambda at: _not_whole(channel, exact, at))


def _pick(array: Any, at: int, column: int) -> float:
    row = array[min(at, len(array) - 1)]
    return float(row[min(column, len(row) - 1)])


def _time(seconds: Floats | None, at: int, column: int) -> str:
    return "" if seconds is None else f" {shown(_pick(seconds, at, column))} s after its cell began"


def _outside(
    name: str, bounds: Any, values: Floats, bad: Any, seconds: Floats | None, written: Type | None, at: int
) -> Told:
    column = int(np.argmax(bad[min(at, len(bad) - 1)]))
    value = _pick(values, at, column)
    low = bounds.low is not None and value < bounds.low
    limit = bounds.low if low else bounds.high
    side = "below its lower" if low else "above its upper"
    when = _time(seconds, at, column)
    message = f"'{name}' would be {_told(bounds, value)}{when}, {side} limit of {_told(bounds, float(limit))}"
    meant = None if written is None else _other_scale(bounds, value, written)
    help = "`when` keeps a point out of a sweep" if meant is None else meant
    return message, f"it takes {_range(bounds)}; {help}"


def _other_scale(bounds: Any, value: float, written: Type) -> str | None:
    """Whether the same number would do in the channel's own unit, where it was written in K, or in degC."""
    unit = bounds.unit
    if unit is None or unit.dimension != _KELVIN.dimension or unit.point == written.point:
        return None
    other = _KELVIN if unit.point else _CELSIUS
    number = tidy(float(other.from_si(unit.to_si(value))))
    below = bounds.low is not None and number < bounds.low
    if (
        below
        or (bounds.high is not None and number > bounds.high)
        or number != round(number, _WRITTEN_DECIMALS)
    ):
        return None
    return f"is {shown(number)} {unit.text} meant, and not {shown(number)} {other.text}?"


def _told(bounds: Any, number: float) -> str:
    """In the unit of whoever wrote the limits."""
    value, unit = as_limited(bounds, number)
    return f"{shown(value)} {unit}".rstrip()


def _range(bounds: Any) -> str:
    if bounds.low is None or bounds.high is None:
        side = "at most" if bounds.low is None else "at least"
        return f"{side} {_told(bounds, float(bounds.high if bounds.low is None else bounds.low))}"
    return f"{shown(as_limited(bounds, float(bounds.low))[0])} to {_told(bounds, float(bounds.high))}"


def _not_finite(name: str, bad: Any, seconds: Floats | None, at: int) -> Told:
    column = int(np.argmax(bad[min(at, len(bad) - 1)]))
    return (
        f"'{name}' would not be a finite number{_time(seconds, at, column)}",
        "is something divided by zero?",
    )


def _not_whole(channel: Channel, values: Floats, at: int) -> Told:
    return f"'{channel.name}' takes whole numbers, and this is {shown(_pick(values, at, 0))}", "round() it"


def _no_option(channel: Channel, level: LabelLevel, rows: Rows, at: int) -> Told:
    text = rows.value(level.name)
    entry = str(text[at, 0]) if isinstance(text, np.ndarray) else str(text)
    options = ", ".join(channel.attribute.options)
    return f"label '{level.name}' is '{entry}', which is no option of '{channel.name}'", f"options: {options}"


def seconds_of(ticks_ns: Any) -> Floats:
    """Nanoseconds as seconds."""
    return np.asarray(ticks_ns / NS_PER_S, dtype=np.float64)
