"""Whether values in one unit can be told in another.

A value in K beside a point on a scale of temperature (degC) is an absolute temperature, as it is wherever a
channel in degC is set.
"""

from shotlane.expression import Unit, UnitError, parse_unit


def units(own: str | None, other: str | None) -> tuple[Unit, Unit] | None:
    """Both units when values can go from one to the other."""
    try:
        here, there = parse_unit(own or ""), parse_unit(other or "")
    except UnitError:
        return None
    return (here, there) if fit(here, there) else None


def fit(here: Unit, there: Unit) -> bool:
    """Whether values can go from one to the other."""
    if here.dimension != there.dimension:
        return False
    return here.point == there.point or here.dimension == parse_unit("K").dimension
