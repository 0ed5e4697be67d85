"""Whether a value of one type may stand where another is wanted, and what to say when not."""

import re
from typing import Final

from shotlane.expression import _dimension as d
from shotlane.expression._dimension import DIMENSIONLESS, TEMPERATURE, Dimension
from shotlane.expression._type import Type, ValueKind, describe, example_unit
from shotlane.expression._unit import Unit, parse_unit

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
_NUMBER: Final = re.compile(r"[+-]?(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")


def expected(
    wanted: Type, found: Type, *, text: str | None = None, unit: Unit | None = None
) -> tuple[str, str | None] | None:
    """Message and help when `found` cannot stand for `wanted`; None when it can.

    `text` is what the author wrote, `unit` that of the place (a channel's): the help shows both together.
    """
    if found.kind is not wanted.kind:
        return _needed(wanted, found), _kind_help(wanted, found)
    if found.dimension != wanted.dimension:
        if unit is None and wanted.dimension == TEMPERATURE and wanted.difference:
            unit = parse_unit("K")
        return _needed(wanted, found), dimension_help(wanted.dimension, found.dimension, text=text, unit=unit)
    if wanted.point and found.is_difference:
        return _scale_mismatch(wanted, found, text)
    if wanted.is_difference and found.point:
        return _scale_mismatch(wanted, found, text)
    return None


def _needed(wanted: Type, found: Type) -> str:
    return f"{describe(wanted)} is needed here, and this is {describe(found)}"


def _kind_help(wanted: Type, found: Type) -> str:
    if wanted.kind is ValueKind.BOOLEAN:
        return "write on or off, or a condition such as a > b"
    if wanted.kind is ValueKind.TEXT:
        return "write a text in inner quotes: 'He'"
    if found.kind is ValueKind.TEXT:
        return "write the number without quotes"
    return "a choice between two values is written: a if condition else b"


def _scale_mismatch(wanted: Type, found: Type, text: str | None) -> tuple[str, str]:
    scale, step = ("degC", "K") if wanted.dimension == TEMPERATURE else ("dBm", "dB")
    if wanted.point:
        message = f"a point on a scale is needed here (such as 20 {scale}), and this is a difference"
        return message, f"add the difference to a point: 20 {scale} + 5 {step}"
    message = f"a difference is needed here, and this is a point on a scale ({scale})"
    return message, f"a difference is written in {step}: write {_steps(text, scale)} {step}"


def _steps(text: str | None, scale: str) -> str:
    """The number of a point that is most likely meant as a difference, so that 5 degC becomes 5 K."""
    number = text.strip().removesuffix(scale).strip() if text else ""
    return number if _NUMBER.fullmatch(number) else "1"


def dimension_help(
    wanted: Dimension, found: Dimension, *, text: str | None = None, unit: Unit | None = None
) -> str | None:
    """What to write so that `found` becomes `wanted`, where that can be guessed."""
    if wanted == TEMPERATURE and found in {d.CHARGE, d.CAPACITANCE}:
        return _degrees(text, "C" if found == d.CHARGE else "F", kelvin=unit is not None and unit.text == "K")
    if {wanted, found} == {d.FREQUENCY, d.ROTATION}:
        return "one turn per second is 1 turn/s, not 1 Hz: an angle is a quantity of its own"
    if wanted == d.TIME and found == d.FREQUENCY and text and len(text) < 30:
        return f"write the time from one to the next: 1 / ({text.strip()})"
    shown = unit.text if unit is not None and unit.text else example_unit(wanted)
    if found == DIMENSIONLESS and shown:
        if text and _NAME.fullmatch(text.strip()):
            # Where a point may be meant, 60 K in place of 60 degC would pass and be wrong.
            either = wanted == TEMPERATURE and unit is None
            example = "20 degC, or 5 K for a difference" if either else f"1 {shown}"
            return f"give the number its unit where '{text.strip()}' gets its value, e.g. {example}"
        number = text.strip() if text and _NUMBER.fullmatch(text.strip()) else None
        return f"write the number with its unit: {number or '1'} {shown}"
    if wanted == DIMENSIONLESS:
        own = example_unit(found)
        return f"divide by a unit to get a plain number: / (1 {own})" if own else "divide by a unit"
    return f"such a value is written like 1 {shown}" if shown else None


def _degrees(text: str | None, letter: str, *, kelvin: bool) -> str:
    """For a coulomb or farad that stands for a degree."""
    name, scale = ("the coulomb", "Celsius") if letter == "C" else ("the farad", "Fahrenheit")
    if text and _NAME.fullmatch(text.strip()):
        where = f"write them where '{text.strip()}' gets its value"
        return f"{letter} is {name}; degrees {scale} are written deg{letter}: {where}"
    unit = "K" if kelvin and letter == "C" else f"deg{letter}"
    written = re.sub(rf"(?<=[\d\s.]){letter}\b", unit, text.strip()) if text else f"20 {unit}"
    if unit == "K":
        return f"{letter} is {name}; a difference of temperatures is written in K: {written}"
    return f"{letter} is {name}; degrees {scale} are written {unit}: {written}"
