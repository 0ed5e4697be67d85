"""Values with units, and expressions over them, checked before they are evaluated."""

from shotlane.expression._unit import Unit

__all__ = ["Unit"]
