"""The SI unit of a dimension as text: of a derived parameter's column in base units, of a result by its name.

A name is what people know it by, `J` or `V/s`; 1/s has none, since it may be a rate as well as a frequency.
"""

from functools import cache

from shotlane.expression import Dimension, parse_unit

_BASES = ("m", "kg", "s", "A", "K", "mol", "cd", "rad", "dB", "bit", "pixel")
_NAMED = ("J", "W", "N", "Pa", "C", "V", "T", "ohm", "S", "F", "H")
# Those that are said per second, or times seconds; F/s would be S.
_OVER_TIME = _NAMED[:7]


@cache
def _symbols() -> dict[int, str]:
    """Base unit by its position among the exponents of a dimension."""
    found = {}
    for text in _BASES:
        exponents = parse_unit(text).dimension.exponents
        position = next(index for index, exponent in enumerate(exponents) if exponent)
        found[position] = text
    return found


@cache
def _named() -> dict[Dimension, str]:
    """Derived units by dimension: alone, then as a slope and as an integral over time."""
    second = parse_unit("s").dimension
    units = {text: parse_unit(text).dimension for text in _NAMED}
    found = {dimension: text for text, dimension in units.items()}
    slopes = {units[text] / second: f"{text}/s" for text in _OVER_TIME}
    integrals = {units[text] * second: f"{text}*s" for text in _OVER_TIME}
    bases = {parse_unit(text).dimension for text in _BASES}
    return {key: text for key, text in {**integrals, **slopes, **found}.items() if key not in bases}


def named_text(dimension: Dimension) -> str | None:
    """Such as `J`, else as in base units; None for a plain number."""
    return _named().get(dimension) or si_text(dimension)


def si_text(dimension: Dimension) -> str | None:
    """Such as `m**3/s`; None for a plain number."""
    powers = [(_symbols()[index], exponent) for index, exponent in enumerate(dimension.exponents) if exponent]
    above = "*".join(_power(text, exponent) for text, exponent in powers if exponent > 0)
    below = "".join("/" + _power(text, -exponent) for text, exponent in powers if exponent < 0)
    return (above or "1") + below if powers else None


def _power(text: str, exponent: object) -> str:
    return (
        text
        if exponent == 1
        else f"{text}**{float(str(exponent)) if '/' not in str(exponent) else _ratio(exponent):g}"
    )


def _ratio(exponent: object) -> float:
    above, below = str(exponent).split("/")
    return int(above) / int(below)
