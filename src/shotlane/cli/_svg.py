"""The lanes of a shot as SVG: vector text and lines, no scripts, fit for a paper.

Steps are bands behind the lanes with their names above; numbers are lines between their lowest and highest
value, written at the right; booleans are bars, choices named bars; readings are ticks below, calls marks.
"""

from collections.abc import Iterator
from html import escape
from itertools import pairwise

import numpy as np

from shotlane.cli._curves import Curve, Picture

# Okabe and Ito's colours, which people with any colour vision can tell apart.
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00")
_WIDTH, _RIGHT, _TOP = 640, 92, 44
_LANE, _GAP, _RUG, _FLAT = 34, 16, 7, 14
_HATCH = (
    '<defs><pattern id="open" width="6" height="6" patternUnits="userSpaceOnUse" '
    'patternTransform="rotate(45)"><rect width="6" height="6" fill="#f1f3f5"/>'
    '<path d="M0 0V6" stroke="#c8ced3" stroke-width="2"/></pattern></defs>'
)
_LETTER = 6.3  # about the width of a character


def svg_of(picture: Picture) -> str:
    """The whole drawing."""
    drawing = _Drawing(picture)
    lines = list(drawing.lines())
    height = drawing.bottom + 40
    width = drawing.left + _WIDTH + _RIGHT
    size = f'viewBox="0 0 {width} {height}" width="{width}" height="{height}"'
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        'font-family="Helvetica, Arial, sans-serif" font-size="11" fill="#222">'
    )
    title = f"<title>{escape(picture.title)}</title>"
    back = f'<rect width="{width}" height="{height}" fill="white"/>'
    hatch = [_HATCH] if picture.open_ended else []
    return "\n".join([head, title, *hatch, back, *lines, "</svg>", ""])


class _Drawing:
    """Coordinates: x grows with time, y downwards from lane to lane."""

    def __init__(self, picture: Picture) -> None:
        self._picture = picture
        longest = max((len(curve.name) for curve in picture.curves), default=0)
        self.left = round(24 + longest * _LETTER)
        self._scale = _WIDTH / (picture.duration_s or 1.0)
        self.tops: list[float] = [_TOP + 6]
        for curve in picture.curves:
            self.tops.append(self.tops[-1] + _height(curve) + _GAP)
        self.bottom = self.tops[-1]

    def x(self, seconds: float) -> float:
        """Where a time is."""
        return self.left + seconds * self._scale

    def lines(self) -> Iterator[str]:
        """All elements, the ones behind first."""
        yield _text(self.left, 16, self._picture.title, size=13)
        yield from self._steps()
        yield from self._axis()
        for number, (curve, top) in enumerate(zip(self._picture.curves, self.tops, strict=False)):
            yield from self._lane(curve, top, _COLOURS[number % len(_COLOURS)])

    def _steps(self) -> Iterator[str]:
        for number, (name, start, end) in enumerate(self._picture.steps):
            x, width = self.x(start), (end - start) * self._scale
            if name in self._picture.open_ended and width > 0:
                yield _box(x, _TOP, width, self.bottom - _TOP, 'fill="url(#open)"')
            elif number % 2 == 0 and width > 0:
                yield _box(x, _TOP, width, self.bottom - _TOP, 'fill="#f1f3f5"')
            room = int((width - 4) / _LETTER)
            if room >= 2:
                shown = name if len(name) <= room else name[: room - 1] + "…"
                yield _text(x + width / 2, _TOP - 6, shown, anchor="middle", fill="#555")

    def _axis(self) -> Iterator[str]:
        y, end = self.bottom, self.x(self._picture.duration_s)
        yield f'<path d="M{self.left} {y}H{end:.2f}" stroke="#222" stroke-width="1" fill="none"/>'
        step, factor, unit = _ticks(self._picture.duration_s)
        for number in range(int(self._picture.duration_s / step + 1e-9) + 1):
            x = self.x(number * step)
            yield f'<path d="M{x:.2f} {y}v4" stroke="#222" stroke-width="1"/>'
            yield _text(x, y + 16, f"{number * step * factor:.6g}", anchor="middle")
        yield _text(self.left + _WIDTH / 2, y + 32, f"{self._picture.time_label} ({unit})", anchor="middle")

    def _lane(self, curve: Curve, top: float, colour: str) -> Iterator[str]:
        body = _body(curve)
        yield _text(self.left - 10, top + max(body, 10) / 2 + 4, curve.name, anchor="end")
        if curve.kind == "number":
            yield from self._number(curve, top, colour)
        elif curve.kind in ("boolean", "choice"):
            yield from self._bars(curve, top, colour)
        y = top + body
        if len(curve.readings):
            xs = np.unique(np.round(self.left + curve.readings * self._scale, 1))
            path = "".join(f"M{x:g} {y + 2:g}v{_RUG - 2}" for x in xs.tolist())
            weight = 1.5 if len(xs) <= 20 else 0.6
            yield f'<path d="{path}" stroke="{colour}" stroke-width="{weight}"/>'
        for at, text in curve.calls:
            x = self.x(at)
            yield f'<path d="M{x:.2f} {top}l4 7h-8z" fill="{colour}"/>'
            yield _text(x + 7, top + 8, text, fill=colour)

    def _number(self, curve: Curve, top: float, colour: str) -> Iterator[str]:
        low, high = curve.range
        span = (high - low) or 1.0
        middle = high == low

        def y(value: float) -> float:
            return top + (_LANE / 2 if middle else _LANE - (value - low) / span * _LANE)

        parts = [f"M{self.x(float(curve.times[0])):.2f} {y(float(curve.values[0])):.2f}"]
        for at, value in zip(curve.times[1:].tolist(), curve.values[1:], strict=True):
            parts.append(f"H{self.x(at):.2f}V{y(float(value)):.2f}")
        parts.append(f"H{self.x(self._picture.duration_s):.2f}")
        yield f'<path d="{"".join(parts)}" stroke="{colour}" stroke-width="1.4" fill="none"/>'
        x = self.x(self._picture.duration_s) + 6
        unit = f" {curve.unit}" if curve.unit else ""
        if middle:
            yield _text(x, top + _LANE / 2 + 4, f"{low:.6g}{unit}", fill=colour)
        else:
            yield _text(x, top + 6, f"{high:.6g}{unit}", fill=colour)
            yield _text(x, top + _LANE + 2, f"{low:.6g}{unit}", fill=colour)

    def _bars(self, curve: Curve, top: float, colour: str) -> Iterator[str]:
        ends = [*curve.times.tolist(), self._picture.duration_s]
        base = top + _FLAT
        yield f'<path d="M{self.left} {base}H{self.x(ends[-1]):.2f}" stroke="{colour}" stroke-width="0.8"/>'
        for (start, end), value in zip(pairwise(ends), curve.values, strict=True):
            width = (end - start) * self._scale
            if width <= 0 or value is False:
                continue
            opacity = "0.85" if value is True else "0.18"
            look = f'fill="{colour}" fill-opacity="{opacity}" stroke="{colour}" stroke-width="0.5"'
            yield _box(self.x(start), top, width, _FLAT, look)
            if value is not True and width > len(str(value)) * _LETTER:
                yield _text(self.x(start) + 4, top + _FLAT - 3, str(value))


def _body(curve: Curve) -> float:
    return {"number": _LANE, "boolean": _FLAT, "choice": _FLAT}.get(curve.kind, 10 if curve.calls else 2)


def _height(curve: Curve) -> float:
    return _body(curve) + (_RUG if len(curve.readings) else 0)


def _ticks(duration_s: float) -> tuple[float, float, str]:
    """Distance of ticks in s, and the unit that they are written in."""
    duration_s = duration_s or 1.0
    rough = duration_s / 6
    power = 10.0 ** np.floor(np.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * 0.999)
    if duration_s >= 7200:
        hours = max(1.0, float(np.ceil(rough / 3600)))
        return hours * 3600, 1 / 3600, "h"
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if duration_s < limit:
            return float(step), factor, unit
    return float(step), 1.0, "s"


def _box(x: float, y: float, width: float, height: float, look: str) -> str:
    return f'<rect x="{x:.2f}" y="{y:g}" width="{width:.2f}" height="{height:g}" {look}/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", fill: str = "#222", size: int = 11) -> str:
    more = f' text-anchor="{anchor}"' if anchor != "start" else ""
    more += f' fill="{fill}"' if fill != "#222" else ""
    more += f' font-size="{size}"' if size != 11 else ""
    return f'<text x="{x:.2f}" y="{y:.2f}"{more}>{escape(text)}</text>'
