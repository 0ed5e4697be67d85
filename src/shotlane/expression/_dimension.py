"""Dimensions: exponents over base quantities.

Angle, level (dB), information and pixel are bases of their own beside the seven of the SI, so that Hz, rpm
and rad/s, or dB and a plain number, never mix silently. Exponents are exact fractions.
"""

from dataclasses import dataclass
from fractions import Fraction
from typing import Final

BASES: Final = (
    "length",
    "mass",
    "time",
    "current",
    "temperature",
    "substance",
    "luminosity",
    "angle",
    "level",
    "information",
    "pixel",
)

Exponent = int | Fraction


def _exact(exponent: float | Fraction) -> Exponent:
    """An exponent as an integer where it is one, else as the simple fraction that it stands for."""
    fraction = Fraction(exponent).limit_denominator(1000)
    return int(fraction) if fraction.denominator == 1 else fraction


@dataclass(frozen=True, slots=True)
class Dimension:
    """Exponents of a quantity, in the order of `BASES`."""

    exponents: tuple[Exponent, ...]

    def __mul__(self, other: "Dimension") -> "Dimension":
        return Dimension(tuple(a + b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __truediv__(self, other: "Dimension") -> "Dimension":
        return Dimension(tuple(a - b for a, b in zip(self.exponents, other.exponents, strict=True)))

    def __pow__(self, exponent: float | Fraction) -> "Dimension":
        power = _exact(exponent)
        return Dimension(tuple(_exact(own * power) if own else 0 for own in self.exponents))

    @property
    def is_plain(self) -> bool:
        """Whether nothing is measured: a plain number."""
        return not any(self.exponents)

    def __str__(self) -> str:
        if self.is_plain:
            return "plain number"
        above = [_factor(name, n) for name, n in zip(BASES, self.exponents, strict=True) if n > 0]
        below = [_factor(name, -n) for name, n in zip(BASES, self.exponents, strict=True) if n < 0]
        return "/".join(["*".join(above) or "1", *below])


def _factor(name: str, exponent: Exponent) -> str:
    """One base with its positive exponent, as a unit would be written."""
    return name if exponent == 1 else f"{name}**{float(exponent):g}"


def base(name: str) -> Dimension:
    """The dimension of a base quantity."""
    return Dimension(tuple(int(name == known) for known in BASES))


DIMENSIONLESS: Final = Dimension((0,) * len(BASES))
LENGTH: Final = base("length")
MASS: Final = base("mass")
TIME: Final = base("time")
CURRENT: Final = base("current")
TEMPERATURE: Final = base("temperature")
SUBSTANCE: Final = base("substance")
LUMINOSITY: Final = base("luminosity")
ANGLE: Final = base("angle")
LEVEL: Final = base("level")
INFORMATION: Final = base("information")
PIXEL: Final = base("pixel")
AREA: Final = LENGTH**2
VOLUME: Final = LENGTH**3
FREQUENCY: Final = TIME**-1
FLOW: Final = VOLUME / TIME
FORCE: Final = MASS * LENGTH / TIME**2
PRESSURE: Final = FORCE / AREA
ENERGY: Final = FORCE * LENGTH
POWER: Final = ENERGY / TIME
CHARGE: Final = CURRENT * TIME
VOLTAGE: Final = POWER / CURRENT
RESISTANCE: Final = VOLTAGE / CURRENT
CONDUCTANCE: Final = CURRENT / VOLTAGE
CAPACITANCE: Final = CHARGE / VOLTAGE
MAGNETIC_FLUX: Final = VOLTAGE * TIME
FIELD: Final = MAGNETIC_FLUX / AREA
INDUCTANCE: Final = MAGNETIC_FLUX / CURRENT
CONCENTRATION: Final = SUBSTANCE / VOLUME
ROTATION: Final = ANGLE / TIME
HEATING_RATE: Final = TEMPERATURE / TIME
VELOCITY: Final = LENGTH / TIME
DOSE: Final = AREA / TIME**2
CATALYSIS: Final = SUBSTANCE / TIME
VISCOSITY: Final = PRESSURE * TIME
