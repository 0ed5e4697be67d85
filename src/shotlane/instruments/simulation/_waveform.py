"""The array that a simulated attribute shows: a sine wave, a peak, an offset, in the attribute's unit.

An image has rows, and its peak is round.

Rounded to 12 digits, so that another machine's `sin` gives the same numbers.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.document import Path
from shotlane.expression import Unit
from shotlane.instruments.definition._values import ValueReader
from shotlane.model import Scalar, Waveform


def read_waveform(
    written: Waveform, unit: Unit | None, path: Path, values: ValueReader
) -> NDArray[np.float64]:
    """The array; what is faulty in it is told and left out."""
    return _tidy(_shape(written, unit, path, values) + base_of(written, unit, path, values))


def base_of(written: Waveform, unit: Unit | None, path: Path, values: ValueReader) -> float:
    """What is added everywhere."""
    if written.offset is None:
        return 0.0
    return values.number((*path, "offset"), written.offset, unit) or 0.0


def _shape(written: Waveform, unit: Unit | None, path: Path, values: ValueReader) -> NDArray[np.float64]:
    """The sine wave and the peak."""

    def size(key: str, number: Scalar | None) -> float:
        return 0.0 if number is None else values.number((*path, key), number, unit) or 0.0

    place = np.arange(written.points) / written.points
    shape = size("sine", written.sine) * np.sin(2 * np.pi * written.cycles * place)
    peak = _bell(place, written.width)
    if written.rows is not None:
        peak = peak * _bell(np.arange(written.rows) / written.rows, written.width)[:, np.newaxis]
    whole: NDArray[np.float64] = shape + size("peak", written.peak) * peak
    return whole


def _bell(place: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    bell: NDArray[np.float64] = np.exp(-0.5 * ((place - 0.5) / width) ** 2)
    return bell


def _tidy(shape: NDArray[Any]) -> NDArray[np.float64]:
    scale = float(np.max(np.abs(shape), initial=0.0))
    if not scale or not np.isfinite(scale):
        return shape
    return np.round(shape, 11 - int(np.floor(np.log10(scale))))
