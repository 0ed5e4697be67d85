"""The SI unit of a dimension as text: the unit of a derived parameter's column."""

from functools import cache

from shotlane.expression import Dimension, parse_unit

_BASES = ("m", "kg", "s", "A", "K", "mol", "cd", "rad", "dB", "bit", "pixel")


@cache
def _symbols() -> dict[int, str]:
    """Base unit by its position among the exponents of a dimension."""
    found = {}
    for text in _BASES:
        exponents = parse_unit(text).dimension.exponents
        position = next(index for index, exponent in enumerate(exponents) if exponent)
        found[position] = text
    return found


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
