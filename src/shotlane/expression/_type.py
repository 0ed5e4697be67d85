"""Types of values: their kind, their dimension, and for temperatures and levels what kind of reading it is.

A reading in degC, degF or dBm is a point on a scale. A difference of two points, and a value in dB, is a
difference. A value in K is neither: it may be used as either.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final

from shotlane.expression import _dimension as d
from shotlane.expression._dimension import DIMENSIONLESS, LEVEL, Dimension


class ValueKind(Enum):
    """What a value is, before its dimension."""

    NUMBER = "number"
    BOOLEAN = "boolean"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Type:
    """Type of an expression or a name. `point` and `difference` exclude each other."""

    kind: ValueKind
    dimension: Dimension = DIMENSIONLESS
    point: bool = False
    difference: bool = False

    @property
    def is_number(self) -> bool:
        """Whether it can be calculated with."""
        return self.kind is ValueKind.NUMBER

    @property
    def is_difference(self) -> bool:
        """Whether it cannot be read as a point: a level that is no point never can."""
        return self.difference or (self.dimension == LEVEL and not self.point)


NUMBER: Final = Type(ValueKind.NUMBER)
BOOLEAN: Final = Type(ValueKind.BOOLEAN)
TEXT: Final = Type(ValueKind.TEXT)

# What a lab user calls a quantity, and a unit to show how it is written.
_QUANTITIES: Final[dict[Dimension, tuple[str, str]]] = {
    d.DIMENSIONLESS: ("a plain number", ""),
    d.LENGTH: ("a length", "mm"),
    d.MASS: ("a mass", "g"),
    d.TIME: ("a time", "s"),
    d.CURRENT: ("a current", "mA"),
    d.TEMPERATURE: ("a temperature", "degC"),
    d.SUBSTANCE: ("an amount of substance", "mol"),
    d.LUMINOSITY: ("a luminous intensity", "cd"),
    d.ANGLE: ("an angle", "deg"),
    d.LEVEL: ("a level", "dB"),
    d.INFORMATION: ("an amount of information", "bit"),
    d.PIXEL: ("a number of pixels", "pixel"),
    d.AREA: ("an area", "mm**2"),
    d.VOLUME: ("a volume", "mL"),
    d.FREQUENCY: ("a frequency", "Hz"),
    d.ROTATION: ("an angle per time", "rpm"),
    d.VELOCITY: ("a speed", "mm/s"),
    d.FLOW: ("a volume per time", "cm**3/min"),
    d.MASS / d.TIME: ("a mass per time", "g/h"),
    d.HEATING_RATE: ("a temperature per time", "K/min"),
    d.FORCE: ("a force", "N"),
    d.PRESSURE: ("a pressure", "mbar"),
    d.ENERGY: ("an energy", "J"),
    d.POWER: ("a power", "W"),
    d.CHARGE: ("a charge", "C"),
    d.VOLTAGE: ("a voltage", "V"),
    d.VOLTAGE / d.TIME: ("a voltage per time", "V/s"),
    d.RESISTANCE: ("a resistance", "ohm"),
    d.CONDUCTANCE: ("a conductance", "S"),
    d.CAPACITANCE: ("a capacitance", "F"),
    d.INDUCTANCE: ("an inductance", "H"),
    d.MAGNETIC_FLUX: ("a magnetic flux", "Wb"),
    d.FIELD: ("a magnetic field", "mT"),
    d.CONCENTRATION: ("a concentration", "mol/L"),
    d.VELOCITY / d.TIME: ("an acceleration", "m/s**2"),
    d.TIME**2: ("a squared time", "s**2"),
    d.TEMPERATURE**2: ("a squared temperature", "K**2"),
}


def quantity(dimension: Dimension) -> str:
    """What a quantity of a dimension is called, with its article."""
    named = _QUANTITIES.get(dimension)
    return named[0] if named else f"a quantity of {dimension}"


def example_unit(dimension: Dimension) -> str | None:
    """A unit that shows how a quantity is written; None where there is no usual one."""
    named = _QUANTITIES.get(dimension)
    return named[1] if named and named[1] else None


def describe(type: Type) -> str:
    """A type in the words of a message: `a temperature`, `a volume per time (e.g. cm**3/min)`."""
    if type.kind is ValueKind.BOOLEAN:
        return "a boolean (on or off)"
    if type.kind is ValueKind.TEXT:
        return "a text"
    name = quantity(type.dimension)
    if type.difference and type.dimension != LEVEL:
        return f"a difference of {name.removeprefix('a ')}s"
    unit = example_unit(type.dimension)
    return f"{name} (e.g. {unit})" if unit and " per " in name else name
