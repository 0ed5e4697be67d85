"""The level of a lane in each cell of a picture, which is often far longer than a pulse.

A cell shows the level at its middle. One in which a pulse lies that no middle meets shows the level of that
pulse, or of several the one that is farthest from where the lane stands most of the time.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Levels:
    """A level for each cell, NaN where none is known, and the range of all that is set."""

    cells: NDArray[np.float64]
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Where a lane stands, and from when to when; no two neighbours are equal."""

    begins: NDArray[np.int64]
    ends: NDArray[np.int64]
    values: NDArray[np.float64]


def levels(
    times_ns: NDArray[np.int64], settings: NDArray[np.float64], start: float, duration_ns: int, cells: int
) -> Levels | None:
    """What a lane that begins at `start` shows; None when it has no number at any time."""
    found = _stretches(times_ns, settings, start, duration_ns)
    known = np.isfinite(found.values)
    if not known.any():
        return None
    middles = (np.arange(cells) + 0.5) * duration_ns / cells
    met = np.searchsorted(found.begins, middles, side="right") - 1
    shown = found.values[met]
    peaks = _peaks(found)
    peaks = peaks[~np.isin(peaks, met)]
    between = (found.begins[peaks] + found.ends[peaks]) / (2 * duration_ns)
    columns = np.minimum((between * cells).astype(np.int64), cells - 1)
    usual = _usual(found)
    for column in np.unique(columns):
        candidates = found.values[peaks[columns == column]]
        middle = met[column]
        if found.ends[middle] - found.begins[middle] < duration_ns / cells:
            candidates = np.append(candidates, found.values[middle])
        shown[column] = candidates[np.argmax(np.abs(candidates - usual))]
    return Levels(shown, float(found.values[known].min()), float(found.values[known].max()))


def _stretches(
    times_ns: NDArray[np.int64], settings: NDArray[np.float64], start: float, duration_ns: int
) -> _Stretches:
    begins = np.clip(np.concatenate([[0], times_ns]).astype(np.int64), 0, duration_ns)
    values = np.concatenate([[start], settings])
    lasting = np.append(begins[1:], duration_ns) > begins
    begins, values = begins[lasting], values[lasting]
    changed = np.append(True, values[1:] != values[:-1])
    begins, values = begins[changed], values[changed]
    return _Stretches(begins, np.append(begins[1:], duration_ns), values)


def _peaks(found: _Stretches) -> NDArray[np.intp]:
    """Stretches above what is before and behind them, or below both."""
    before, after = np.append(np.nan, found.values[:-1]), np.append(found.values[1:], np.nan)
    above = ~(before >= found.values) & ~(after >= found.values)
    below = ~(before <= found.values) & ~(after <= found.values)
    return np.flatnonzero((above | below) & np.isfinite(found.values))


def _usual(found: _Stretches) -> float:
    """Where the lane stands for the longest time in all."""
    known = np.isfinite(found.values)
    values, which = np.unique(found.values[known], return_inverse=True)
    return float(values[np.argmax(np.bincount(which, weights=(found.ends - found.begins)[known]))])
