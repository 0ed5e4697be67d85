"""Small charts of a report: SVG that is stretched to the width it gets, with letters that are not.

Coordinates of a drawing run from 0 to 1000 in x and from 0 to 100 in y; strokes keep their width, and a dot
is a line of no length with round ends. Letters stand outside of the drawing, where nothing distorts them.
"""

from collections.abc import Iterable, Sequence
from html import escape
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_WIDE, _HIGH, _PAD = 1000.0, 100.0, 7.0
# About as many as a chart has points in width: more cannot be told apart.
PARTS = 800


def thinned(x: Floats, y: Floats, parts: int = PARTS) -> tuple[Floats, Floats]:
    """The lowest and the highest of each of so many parts, in their order; all of them when they are few."""
    if len(x) <= 2 * parts:
        return x, y
    edges = np.linspace(0, len(x), parts + 1).astype(int)
    filled = np.where(np.isnan(y), np.inf, y)
    low = [begin + int(filled[begin:end].argmin()) for begin, end in pairwise(edges)]
    filled = np.where(np.isnan(y), -np.inf, y)
    high = [begin + int(filled[begin:end].argmax()) for begin, end in pairwise(edges)]
    kept = np.unique([*low, *high])
    return x[kept], y[kept]


class Scale:
    """Where numbers are on an axis; one without extent has its number in the middle."""

    def __init__(self, low: float, high: float, length: float, pad: float = 0.0, *, up: bool = False) -> None:
        self.low, self.high = low, high
        self._length, self._pad, self._up = length, pad, up

    def __call__(self, numbers: Floats) -> Floats:
        """Coordinates of numbers."""
        span = self.high - self.low
        share = (numbers - self.low) / span if span > 0 else np.full(np.shape(numbers), 0.5)
        share = 1.0 - share if self._up else share
        return self._pad + share * (self._length - 2 * self._pad)

    def at(self, number: float) -> float:
        """Coordinate of one number."""
        return float(self(np.array([number]))[0])


def across(low: float, high: float) -> Scale:
    """The axis of x."""
    return Scale(low, high, _WIDE)


def upwards(numbers: Iterable[float | None]) -> Scale:
    """An axis of y that holds all of these numbers."""
    known = [number for number in numbers if number is not None and np.isfinite(number)]
    return Scale(min(known, default=0.0), max(known, default=0.0), _HIGH, _PAD, up=True)


def line(x: Floats, y: Floats, kind: str) -> str:
    """A line through points, broken where there is no number."""
    parts, pen = [], "M"
    for at, height in zip(x.tolist(), y.tolist(), strict=True):
        if height != height:
            pen = "M"
            continue
        parts.append(f"{pen}{at:.1f} {height:.1f}")
        pen = "L"
    return _path("".join(parts), kind)


def steps(x: Floats, y: Floats, end: float, kind: str) -> str:
    """Each value held until the next."""
    if not len(x):
        return ""
    parts = [f"M{x[0]:.1f} {y[0]:.1f}"]
    parts += [f"H{at:.1f}V{height:.1f}" for at, height in zip(x[1:].tolist(), y[1:].tolist(), strict=True)]
    return _path("".join(parts) + f"H{end:.1f}", kind)


def dots(x: Floats, y: Floats, kind: str) -> str:
    """A dot at every point."""
    places = zip(x.tolist(), y.tolist(), strict=True)
    return _path("".join(f"M{at:.1f} {height:.1f}h0" for at, height in places if height == height), kind)


def ticks(x: Floats, kind: str) -> str:
    """Short lines at the bottom."""
    return _path("".join(f"M{at:.1f} {_HIGH - 10:g}V{_HIGH:g}" for at in np.unique(np.round(x, 1))), kind)


def level(y: float, kind: str) -> str:
    """A line from side to side."""
    return _path(f"M0 {y:.1f}H{_WIDE:g}", kind)


def box(x: float, width: float, kind: str, title: str = "", y: float = 0.0, height: float = _HIGH) -> str:
    """A filled box; what `title` says is seen when it is pointed at."""
    told = f"<title>{escape(title)}</title>" if title else ""
    place = f'x="{x:.2f}" y="{y:g}" width="{width:.2f}" height="{height:g}"'
    return f'<rect class="{kind}" {place}>{told}</rect>' if told else f'<rect class="{kind}" {place}/>'


def _path(text: str, kind: str) -> str:
    return f'<path class="{kind}" d="{text}"/>' if text else ""


def drawing(parts: Sequence[str], label: str, kind: str = "plot") -> str:
    """The whole drawing; `label` says it to who cannot see it."""
    head = f'viewBox="0 0 {_WIDE:g} {_HIGH:g}" preserveAspectRatio="none" role="img"'
    return f'<svg class="{kind}" {head} aria-label="{escape(label)}">{"".join(parts)}</svg>'


def scale_of_times(duration_s: float) -> tuple[str, str]:
    """Marks under an axis that begins at 0, and the unit they are in."""
    step, factor, unit = _distance(duration_s or 1.0)
    marks = []
    for number in range(int(duration_s / step + 1e-9) + 1):
        share = 100 * number * step / (duration_s or 1.0)
        # The last one would stand beyond the edge.
        if share <= 97 or number == 0:
            marks.append(f'<span style="left:{share:.2f}%">{number * step * factor:.6g}</span>')
    return "".join(marks), unit


def _distance(duration_s: float) -> tuple[float, float, str]:
    for limit, length, unit in ((172_800, 86_400.0, "d"), (7_200, 3_600.0, "h"), (300, 60.0, "min")):
        if duration_s >= limit:
            return _round_step(duration_s / length) * length, 1 / length, unit
    factor, unit = next(
        (
            (factor, unit)
            for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms"))
            if duration_s < limit
        ),
        (1.0, "s"),
    )
    return _round_step(duration_s), factor, unit


def _round_step(length: float) -> float:
    rough = length / 6
    power = 10.0 ** np.floor(np.log10(rough))
    return float(next(power * one for one in (1, 2, 5, 10) if power * one >= rough * 0.999))
