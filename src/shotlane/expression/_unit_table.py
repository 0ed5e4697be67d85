"""The units that laboratories use, so that reading them does not need pint (which takes 0.1 s to import).

A test compares every entry, with every prefix, with pint. Factors are exact fractions wherever the unit is
defined by one. Units that pint lacks, or defines in a way that falsifies, are marked `OWN` and not compared.
"""

import math
from fractions import Fraction
from typing import Final, NamedTuple

from shotlane.expression import _dimension as d
from shotlane.expression._dimension import Dimension


class Entry(NamedTuple):
    """A unit by name: SI = value * factor + offset."""

    factor: Fraction
    dimension: Dimension
    prefixed: bool = False
    offset: Fraction = Fraction(0)
    point: bool = False


PREFIXES: Final[dict[str, int]] = {
    "y": -24, "z": -21, "a": -18, "f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "c": -2, "d": -1,
    "h": 2, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18, "Z": 21, "Y": 24,
}  # fmt: skip
LONG_PREFIXES: Final[dict[str, int]] = {
    "femto": -15, "pico": -12, "nano": -9, "micro": -6, "milli": -3, "centi": -2, "deci": -1,
    "hecto": 2, "kilo": 3, "mega": 6, "giga": 9, "tera": 12,
}  # fmt: skip

_PI: Final = Fraction(math.pi)
_PER_MINUTE: Final = Fraction(1, 60)
_POUND: Final = Fraction("0.45359237")
_GRAVITY: Final = Fraction("9.80665")
_INCH: Final = Fraction("0.0254")

# symbol and long names (with their plural made by rule), factor, dimension, whether prefixes are used
_PINT: Final[tuple[tuple[str, str, Fraction | int | str, Dimension, bool], ...]] = (
    ("m", "meter metre", 1, d.LENGTH, True),
    ("s", "second", 1, d.TIME, True),
    ("g", "gram", "0.001", d.MASS, True),
    ("A", "ampere amp", 1, d.CURRENT, True),
    ("K", "", 1, d.TEMPERATURE, True),
    ("mol", "mole", 1, d.SUBSTANCE, True),
    ("cd", "candela", 1, d.LUMINOSITY, True),
    ("rad", "radian", 1, d.ANGLE, True),
    ("deg", "degree", _PI / 180, d.ANGLE, False),
    ("turn", "revolution cycle", 2 * _PI, d.ANGLE, False),
    ("arcmin", "arcminute", _PI / 10800, d.ANGLE, False),
    ("arcsec", "arcsecond", _PI / 648000, d.ANGLE, False),
    ("sr", "steradian", 1, d.ANGLE**2, True),
    ("Hz", "hertz", 1, d.FREQUENCY, True),
    ("rpm", "", 2 * _PI / 60, d.ROTATION, False),
    ("rps", "", 2 * _PI, d.ROTATION, False),
    ("N", "newton", 1, d.FORCE, True),
    ("J", "joule", 1, d.ENERGY, True),
    ("W", "watt", 1, d.POWER, True),
    ("VA", "", 1, d.POWER, True),
    ("Wh", "", 3600, d.ENERGY, True),
    ("Ah", "", 3600, d.CHARGE, True),
    ("eV", "", "1.602176634e-19", d.ENERGY, True),
    ("cal", "calorie", "4.184", d.ENERGY, True),
    ("Pa", "pascal", 1, d.PRESSURE, True),
    ("bar", "", 100000, d.PRESSURE, True),
    ("atm", "", 101325, d.PRESSURE, False),
    ("torr", "", Fraction(101325, 760), d.PRESSURE, True),
    ("mmHg", "", "133.322387415", d.PRESSURE, False),
    ("psi", "", _POUND * _GRAVITY / _INCH**2, d.PRESSURE, False),
    ("C", "coulomb", 1, d.CHARGE, True),
    ("V", "volt", 1, d.VOLTAGE, True),
    ("F", "farad", 1, d.CAPACITANCE, True),
    ("ohm", "", 1, d.RESISTANCE, True),
    ("S", "siemens", 1, d.CONDUCTANCE, True),
    ("Wb", "weber", 1, d.MAGNETIC_FLUX, True),
    ("T", "tesla", 1, d.FIELD, True),
    ("H", "henry", 1, d.INDUCTANCE, True),
    ("lm", "lumen", 1, d.LUMINOSITY * d.ANGLE**2, True),
    ("lx", "lux", 1, d.LUMINOSITY * d.ANGLE**2 / d.AREA, True),
    ("Bq", "becquerel", 1, d.FREQUENCY, True),
    ("Gy", "gray", 1, d.DOSE, True),
    ("Sv", "sievert", 1, d.DOSE, True),
    ("kat", "katal", 1, d.CATALYSIS, True),
    ("L", "liter litre", "0.001", d.VOLUME, True),
    ("l", "", "0.001", d.VOLUME, True),
    ("min", "minute", 60, d.TIME, False),
    ("h", "hour hr", 3600, d.TIME, False),
    ("d", "day", 86400, d.TIME, False),
    ("week", "", 604800, d.TIME, False),
    ("t", "tonne", 1000, d.MASS, False),
    ("lb", "pound", _POUND, d.MASS, False),
    ("oz", "ounce", _POUND / 16, d.MASS, False),
    ("lbf", "", _POUND * _GRAVITY, d.FORCE, False),
    ("kgf", "", _GRAVITY, d.FORCE, False),
    ("angstrom", "", Fraction(1, 10**10), d.LENGTH, False),
    ("inch", "", _INCH, d.LENGTH, False),
    ("ft", "foot feet", _INCH * 12, d.LENGTH, False),
    ("M", "molar", 1000, d.CONCENTRATION, True),
    ("P", "poise", "0.1", d.VISCOSITY, True),
    ("ppm", "", Fraction(1, 10**6), d.DIMENSIONLESS, False),
    ("percent", "", "0.01", d.DIMENSIONLESS, False),
    ("count", "", 1, d.DIMENSIONLESS, False),
    ("bit", "", 1, d.INFORMATION, True),
    ("byte", "", 8, d.INFORMATION, True),
    ("B", "", 8, d.INFORMATION, True),
    ("baud", "", 1, d.INFORMATION / d.TIME, True),
    ("Bd", "", 1, d.INFORMATION / d.TIME, True),
    ("pixel", "", 1, d.PIXEL, False),
    ("degR", "", Fraction(5, 9), d.TEMPERATURE, False),
)

_CELSIUS: Final = Entry(Fraction(1), d.TEMPERATURE, offset=Fraction("273.15"), point=True)
_FAHRENHEIT: Final = Entry(
    Fraction(5, 9), d.TEMPERATURE, offset=Fraction("459.67") * Fraction(5, 9), point=True
)
_GAUSS: Final = Entry(Fraction(1, 10**4), d.FIELD, prefixed=True)
_SCCM: Final = Entry(Fraction(1, 10**6) * _PER_MINUTE, d.FLOW)
_SLM: Final = Entry(Fraction(1, 10**3) * _PER_MINUTE, d.FLOW)
_TORR: Final = Entry(Fraction(101325, 760), d.PRESSURE, prefixed=True)

# Not compared with pint, which lacks them or means something else: volumes per time at the reference
# conditions of the instrument, gauss in SI, levels that are linear in themselves, a pixel of a camera.
OWN: Final[dict[str, Entry]] = {
    "degC": _CELSIUS,
    "celsius": _CELSIUS,
    "degF": _FAHRENHEIT,
    "fahrenheit": _FAHRENHEIT,
    "kelvin": Entry(Fraction(1), d.TEMPERATURE),
    "dB": Entry(Fraction(1), d.LEVEL),
    "dBm": Entry(Fraction(1), d.LEVEL, point=True),
    "sccm": _SCCM,
    "slm": _SLM,
    "slpm": _SLM,
    "gauss": _GAUSS,
    "G": _GAUSS,
    "Oe": Entry(Fraction(1000) / (4 * _PI), d.CURRENT / d.LENGTH, prefixed=True),
    "Torr": _TORR,
    "ppb": Entry(Fraction(1, 10**9), d.DIMENSIONLESS),
    "Ohm": Entry(Fraction(1), d.RESISTANCE, prefixed=True),
    "px": Entry(Fraction(1), d.PIXEL),
}

_UNCOUNTED: Final = frozenset({"siemens", "hertz", "lux", "feet"})  # the same in the plural


def _tables() -> tuple[dict[str, Entry], dict[str, Entry]]:
    symbols = dict(OWN)
    words: dict[str, Entry] = {}
    for symbol, names, factor, dimension, prefixed in _PINT:
        entry = Entry(Fraction(factor), dimension, prefixed)
        symbols[symbol] = entry
        for name in names.split():
            words[name] = entry
            if name not in _UNCOUNTED:
                words[f"{name}s"] = entry
    return symbols, words


SYMBOLS, WORDS = _tables()


def _prefixed(name: str, prefixes: dict[str, int], units: dict[str, Entry]) -> Entry | None:
    for prefix, power in prefixes.items():
        entry = units.get(name[len(prefix) :]) if name.startswith(prefix) else None
        if entry is not None and entry.prefixed:
            return entry._replace(factor=entry.factor * Fraction(10) ** power, prefixed=False)
    return None


def point_behind_prefix(name: str) -> str | None:
    """The point on a scale that a name is with a prefix, which means nothing; None of any other name."""
    for prefix in (*PREFIXES, *LONG_PREFIXES):
        entry = SYMBOLS.get(name[len(prefix) :]) if name.startswith(prefix) else None
        if entry is not None and entry.point:
            return name[len(prefix) :]
    return None


def look_up(name: str) -> Entry | None:
    """A unit of the table by its name, with or without a prefix; None when it is not in the table."""
    return (
        SYMBOLS.get(name)
        or WORDS.get(name)
        or _prefixed(name, PREFIXES, SYMBOLS)
        or _prefixed(name, LONG_PREFIXES, WORDS)
    )
