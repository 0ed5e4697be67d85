"""Values as they are sent: rounded to the channel's resolution, else to 12 significant digits.

An alias is rounded where its attribute is, so that its value is the one that is really set.

Invariant: the result is the float nearest to a decimal number, so that digests do not depend on the last
bits of a machine's arithmetic; there is no negative zero.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Attribute, ValueType

Floats = NDArray[np.float64]

DIGITS = 12


def _power(exponent: int) -> float:
    return float(f"1e{min(max(exponent, -307), 307)}")


def _tables() -> tuple[Floats, Floats]:
    """Per binary exponent: where the next decade begins; and the scale before and after that point."""
    decades = np.floor((np.arange(2048) - 1023) * np.log10(2.0) + 1e-12).astype(int)
    threshold = np.array([_power(int(decade) + 1) for decade in decades])
    before = [_power(DIGITS - 1 - int(decade)) for decade in decades]
    after = [_power(DIGITS - 2 - int(decade)) for decade in decades]
    return threshold, np.array(before + after)


_THRESHOLD, _SCALE = _tables()


def significant(values: Any) -> Floats:
    """Round to 12 significant digits. Infinite and undefined values stay what they are."""
    array = np.ascontiguousarray(values, dtype=np.float64)
    exponent = (array.view(np.int64) >> 52) & 0x7FF
    exponent += (np.abs(array) >= _THRESHOLD[exponent]) * 2048
    scale = _SCALE[exponent]
    rounded = np.rint(array * scale) / scale
    # Only powers of ten up to 1e22 are exact floats; the rare values beyond go through text.
    odd = ((scale > 1e22) | (scale < 1.0) | ~np.isfinite(rounded)) & (array != 0)
    if odd.any():
        rounded[odd] = [float(f"{value:.{DIGITS - 1}e}") for value in array[odd].tolist()]
    return np.asarray(rounded + 0.0).reshape(np.shape(values))


def to_resolution(values: Any, resolution: float) -> Floats:
    """Round to a multiple of the resolution; a resolution of 0.1 gives 0.3, not 0.30000000000000004."""
    array = np.asarray(values, dtype=np.float64)
    inverse = 1.0 / resolution
    whole = float(np.rint(inverse))
    if whole >= 1.0 and abs(inverse - whole) < 1e-9 * whole:
        return np.rint(array * whole) / whole + 0.0
    return significant(np.rint(array / resolution) * resolution)


def resolution_of(attribute: Attribute) -> float | None:
    """The step between two values that the channel can tell apart; None when it is not declared."""
    if attribute.resolution:
        return attribute.resolution
    return 1.0 if attribute.type is ValueType.INT else None


def as_sent(values: Any, attribute: Attribute) -> Floats:
    """Numbers in the channel's unit, rounded as they are sent."""
    if attribute.grid is not None:
        return significant(attribute.grid.nearest(significant(values)))
    resolution = resolution_of(attribute)
    if resolution is None:
        return significant(values)
    # Two steps, so that 0.5 of a step does not depend on the last bit of a conversion.
    return to_resolution(significant(values), resolution)
