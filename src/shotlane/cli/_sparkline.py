"""A row of numbers as a row of characters, with its lowest and highest value beside it."""

from collections.abc import Sequence
from itertools import pairwise

_LEVELS = "▁▂▃▄▅▆▇█"
_NOTHING = " "


def sparkline(numbers: Sequence[float | None], width: int) -> str:
    """One character per number, or per part of many; of each part its mean, a gap where there is none."""
    known = [number for number in numbers if number is not None and number == number]
    if not known:
        return ""
    parts = min(width, len(numbers))
    edges = [round(place * len(numbers) / parts) for place in range(parts + 1)]
    means = [_mean(numbers[begin:end]) for begin, end in pairwise(edges)]
    levels = [mean for mean in means if mean is not None]
    low, span = min(levels), (max(levels) - min(levels)) or 1.0
    top = len(_LEVELS) - 1
    return "".join(
        _NOTHING if mean is None else _LEVELS[round((mean - low) / span * top)] for mean in means
    ).rstrip()


def _mean(numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None and number == number]
    return sum(known) / len(known) if known else None
