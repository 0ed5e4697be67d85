"""Units of measurement: pint's factors and dimensions, our own arithmetic."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Unit:
    """SI value = value * factor + offset."""

    text: str
    factor: float = 1.0
    offset: float = 0.0
    point: bool = False
