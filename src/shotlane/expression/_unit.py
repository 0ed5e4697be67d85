"""Units of measurement: the table's and pint's factors and dimensions, our own arithmetic.

SI value = value * factor + offset. A unit with an offset, or one of a level with a reference (dBm), is a
point on a scale; it never takes part in a product, because half a degree Celsius per second means nothing.
"""

import math
import re
import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final, overload

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import nearest
from shotlane.expression import _pint, _unit_table
from shotlane.expression._dimension import DIMENSIONLESS, Dimension
from shotlane.expression._fault import UnitError, shortened
from shotlane.expression._type import Type, ValueKind
from shotlane.expression._unit_table import SYMBOLS, WORDS, Entry

# Decimals to which a point is rounded: less than the noise that the offset adds, more than any thermometer.
_POINT_DECIMALS: Final = 9
MAX_UNIT: Final = 100
_MAX_EXPONENT: Final = 20


@dataclass(frozen=True, slots=True)
class Unit:
    """SI value = value * factor + offset. `text` is as the author wrote it; equal units may differ in it."""

    text: str
    dimension: Dimension = DIMENSIONLESS
    factor: float = 1.0
    offset: float = 0.0
    point: bool = False

    @property
    def type(self) -> Type:
        """Type of a value in this unit."""
        return Type(ValueKind.NUMBER, self.dimension, self.point)

    @overload
    def to_si(self, value: float) -> float: ...
    @overload
    def to_si(self, value: NDArray[Any]) -> NDArray[np.float64]: ...
    def to_si(self, value: float | NDArray[Any]) -> float | NDArray[np.float64]:
        """Value in this unit as SI."""
        return value * self.factor + self.offset

    @overload
    def from_si(self, value: float) -> float: ...
    @overload
    def from_si(self, value: NDArray[Any]) -> NDArray[np.float64]: ...
    def from_si(self, value: float | NDArray[Any]) -> float | NDArray[np.float64]:
        """SI value in this unit, not yet rounded; see `tidy`.

        A temperature point is rounded to 9 decimals, without which most of a grid of 0.01 degC does not
        survive the way through K.
        """
        if not self.offset:
            return value / self.factor
        rounded = np.round((value - self.offset) / self.factor, _POINT_DECIMALS)
        return rounded if isinstance(value, np.ndarray) else float(rounded)


# micro (two signs), ohm (Greek letter and sign), angstrom (letter and sign), degree
_LETTERS: Final = "A-Za-z\u00b5\u03bc\u03a9\u2126\u00c5\u212b\u00b0"
ATOM: Final = rf"(?!(?:if|else|and|or|not|in|is)\b)[{_LETTERS}][{_LETTERS}0-9_]*"
EXPONENT: Final = r"(?:\*\*[+-]?\d+(?:\.\d+)?|⁻?[²³¹])"
UNIT: Final = rf"(?:1/)?{ATOM}{EXPONENT}?(?:[*/]{ATOM}{EXPONENT}?)*"
_WHOLE: Final = re.compile(UNIT)
_FACTORS: Final = re.compile(rf"([*/]?)({ATOM})({EXPONENT})?")
_SUPERSCRIPT: Final = str.maketrans("⁻²³¹", "-231")
_SPELLING: Final = str.maketrans(
    {
        "\u00b5": "u",
        "\u03bc": "u",
        "\u03a9": "ohm",
        "\u2126": "ohm",
        "\u00c5": "angstrom",
        "\u212b": "angstrom",
    }
)
_DEGREES: Final = {"°C": "degC", "°F": "degF", "°": "deg"}


def plain_name(atom: str) -> str:
    """A unit name in ASCII: `µm` is `um`, `°C` is `degC`."""
    return _DEGREES.get(atom) or atom.translate(_SPELLING)


def unit_atoms(text: str) -> list[tuple[int, str, str, str]]:
    """The factors of a unit text: offset of the name, `*` or `/` or '', name, exponent text."""
    return [(found.start(2), found[1], found[2], found[3] or "") for found in _FACTORS.finditer(text)]


@lru_cache(maxsize=2048)
def parse_unit(text: str) -> Unit:
    """Read a unit such as `cm**3/min`; '' and `1` are the unit of a plain number. Raises `UnitError`."""
    text = text.strip()
    if text in {"", "1"}:
        return Unit("")
    if len(text) > MAX_UNIT:
        raise UnitError(
            f"the unit '{shortened(text)}' is too long", f"a unit has at most {MAX_UNIT} characters"
        )
    if not _WHOLE.fullmatch(text):
        raise UnitError(f"'{text}' is no unit", _shape_help(text))
    atoms = unit_atoms(text)
    entries = [_entry(name) for _, _, name, _ in atoms]
    if len(atoms) == 1 and not atoms[0][3] and not text.startswith("1/"):
        only = entries[0]
        return Unit(text, only.dimension, float(only.factor), float(only.offset), only.point)
    return _product(text, atoms, entries)


def _product(text: str, atoms: list[tuple[int, str, str, str]], entries: list[Entry]) -> Unit:
    factor: Fraction | float = Fraction(1)
    dimension = DIMENSIONLESS
    for (_, sign, name, exponent), entry in zip(atoms, entries, strict=True):
        if entry.point:
            other = "K" if entry.offset else "dB"
            suggestion = text.replace(name, other)
            raise UnitError(
                f"{name} is a point on a scale and cannot be part of '{text}'",
                f"a difference is written in {other}: write {suggestion}",
                code="EXP012",
            )
        power = Fraction(exponent.translate(_SUPERSCRIPT).lstrip("*") or 1)
        power = -power if sign == "/" else power
        factor = factor * _power(entry.factor, power)
        dimension = dimension * entry.dimension**power
    return Unit(text, dimension, _usual(text, factor))


def _usual(text: str, factor: Fraction | float) -> float:
    """A factor as a float; one that has no inverse is refused."""
    try:
        number = float(factor)
    except OverflowError:
        number = math.inf
    if not sys.float_info.min < number < 1 / sys.float_info.min:
        raise UnitError(f"'{text}' is too large or too small a unit")
    return number


def _power(factor: Fraction, power: Fraction) -> Fraction | float:
    """Exact for whole exponents."""
    if abs(power) > _MAX_EXPONENT:
        raise UnitError("an exponent of the unit is too large", f"the largest is {_MAX_EXPONENT}")
    return factor ** int(power) if power.denominator == 1 else float(factor) ** float(power)


def _shape_help(text: str) -> str | None:
    if "^" in text:
        return f"a power is written with two stars: {text.replace('^', '**')}"
    if "℃" in text or "℉" in text:
        return f"write {text.replace('℃', 'degC').replace('℉', 'degF')}"
    if "%" in text:
        return "the unit of per cent is `percent`"
    if " " in text:
        return f"a unit has no space inside: {''.join(text.split())}"
    return "a unit is written like V, cm**3/min or mol/L"


def _entry(atom: str) -> Entry:
    """One unit name; raises `UnitError` with the nearest one."""
    name = plain_name(atom)
    found = _unit_table.look_up(name)
    if found is None and name.isidentifier():
        if name.startswith("delta_"):
            raise UnitError(
                f"'{atom}' is not used here", "a difference of temperatures is written in K: write K"
            )
        point = _unit_table.point_behind_prefix(name)
        if point is not None:
            raise UnitError(
                f"'{atom}' is no unit: {point} is a point on a scale and takes no prefix", _point_help(point)
            )
        found = _pint.look_up(name)
    if found is None:
        raise UnitError(f"unknown unit '{shortened(atom)}'", _suggestion(name))
    return found


def _point_help(point: str) -> str:
    if not SYMBOLS[point].offset:
        return f"write the value in {point}"
    return f"write the value in {point}, or in K; a difference may be in mK"


def _suggestion(name: str) -> str | None:
    """The nearest unit, prefixes included."""
    digits = re.fullmatch(r"([A-Za-z]+)(\d)", name)
    if digits and _unit_table.look_up(digits[1]):
        return f"a power is written with two stars: {digits[1]}**{digits[2]}"
    common = _common_units()
    same = [unit for unit in common if unit.lower() == name.lower()]
    if same:
        return f"did you mean {' or '.join(f'{unit!r}' for unit in same)}?"
    match = nearest(name, [*reversed(common), *WORDS])
    if match is None:
        match = nearest(name, _pint.names())
    return f"did you mean '{match}'?" if match else "a unit is written like V, cm**3/min or mol/L"


def _common_units() -> list[str]:
    """Units of the table with the prefixes of daily use, the plain ones last."""
    scaled = [prefix + unit for prefix in "TGpMcnukm" for unit, entry in SYMBOLS.items() if entry.prefixed]
    return [*scaled, *SYMBOLS]
