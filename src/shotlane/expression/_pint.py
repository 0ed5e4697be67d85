"""What pint knows of a unit that the table lacks. The only file that imports pint."""

from fractions import Fraction
from functools import cache
from typing import Any, Final

from shotlane.expression import _dimension as d
from shotlane.expression._dimension import DIMENSIONLESS, Dimension
from shotlane.expression._unit_table import Entry

# pint's root units keep the radian, the bit and the count apart although it calls them dimensionless.
_ROOTS: Final[dict[str, Dimension]] = {
    "meter": d.LENGTH,
    "gram": d.MASS,
    "kilogram": d.MASS,
    "second": d.TIME,
    "ampere": d.CURRENT,
    "kelvin": d.TEMPERATURE,
    "mole": d.SUBSTANCE,
    "candela": d.LUMINOSITY,
    "radian": d.ANGLE,
    "bit": d.INFORMATION,
    "pixel": d.PIXEL,
    "count": DIMENSIONLESS,
}


@cache
def _registry() -> Any:
    """Registry of pint; late, because importing and filling it takes a quarter of a second."""
    import pint

    return pint.UnitRegistry()


@cache
def look_up(name: str) -> Entry | None:
    """Factor and dimension of one unit name, with or without a prefix.

    None when pint does not know it, or it cannot be part of a product (a logarithm, a temperature scale).
    """
    registry = _registry()
    if name.endswith("__") or not _is_known(name):  # pint raises for names like Python's own
        return None
    unit = registry.parse_units(name)
    converter = registry._units[next(iter(unit._units))].converter  # noqa: SLF001  no public way to ask
    if not converter.is_multiplicative or converter.is_logarithmic:
        return None
    quantity = registry.Quantity(1.0, unit).to_base_units()
    dimension = DIMENSIONLESS
    for root, exponent in quantity.units._units.items():  # noqa: SLF001  the public ones lose the radian
        if root not in _ROOTS:
            return None
        dimension *= _ROOTS[root] ** exponent
    return Entry(Fraction(quantity.magnitude), dimension)


def _is_known(name: str) -> bool:
    import pint  # late, as in `_registry`

    try:
        return name in _registry()
    except pint.OffsetUnitCalculusError:  # a prefix before a temperature scale or a logarithm
        return False
    except ValueError:  # NaN, which is a number to it
        return False


def names() -> list[str]:
    """Every unit name that pint knows without a prefix."""
    return [name for name in _registry()._units if name.isidentifier()]  # noqa: SLF001
