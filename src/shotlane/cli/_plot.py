"""A shot as a picture in a file: `.svg`, `.html` with a table beside it, or `.png` through matplotlib."""

from html import escape
from pathlib import Path
from typing import Any

from shotlane.cli._curves import Curve, Picture, picture_of
from shotlane.cli._svg import svg_of
from shotlane.plan import CompiledPlan, ShotPlan


class PlotError(Exception):
    """A picture cannot be made; the message says why."""


def draw(plan: CompiledPlan, shot: ShotPlan, path: Path) -> None:
    """Write the lanes of a shot over time. Raises `PlotError` or `OSError`."""
    if not path.parent.is_dir():
        raise PlotError(f"there is no folder '{path.parent}' for '{path.name}'; make it first")
    picture = picture_of(plan, shot)
    if path.suffix == ".svg":
        path.write_text(svg_of(picture), encoding="utf-8")
    elif path.suffix in (".html", ".htm"):
        path.write_text(_html(plan, picture, shot), encoding="utf-8")
    elif path.suffix == ".png":
        _draw_png(picture, path)
    else:
        raise PlotError(f"'{path}' is no picture: its name must end in .svg, .html or .png")


_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>
body {{ font: 14px/1.5 Helvetica, Arial, sans-serif; color: #222; margin: 2em; }}
svg {{ max-width: 100%; height: auto; }}
table {{ border-collapse: collapse; margin-top: 1.5em; }}
th, td {{ text-align: left; padding: 0.15em 1em 0.15em 0; border-bottom: 1px solid #ddd; }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
code {{ color: #666; overflow-wrap: anywhere; }}
</style></head><body>
{svg}
<table>
<tr><th>channel</th><th>unit</th><th>set to</th><th>limits</th><th>sets</th><th>readings</th></tr>
{rows}
</table>
<p>{note}</p>
<p><code>digest {digest}</code></p>
</body></html>
"""


def _html(plan: CompiledPlan, picture: Picture, shot: ShotPlan) -> str:
    rows = "\n".join(
        "<tr>"
        + "".join(f"<td>{escape(text)}</td>" for text in (item.name, item.unit, _range(item.low, item.high)))
        + f"<td>{escape(_range(*item.limits))}</td>"
        + "".join(f'<td class="number">{number or ""}</td>' for number in (item.sets, item.readings))
        + "</tr>"
        for item in plan.summary.channels
    )
    note = "What is set, over all shots; sets and readings of the first shot"
    note += ", at most: how long open-ended steps last is decided as they run." if picture.open_ended else "."
    return _PAGE.format(
        title=escape(picture.title), svg=svg_of(picture), rows=rows, note=note, digest=shot.digest
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    ends = ["" if end is None else f"{end:.6g}" for end in (low, high)]
    return ends[0] if ends[0] == ends[1] else " to ".join(ends)


def _draw_png(picture: Picture, path: Path) -> None:
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # late: an extra
        from matplotlib.figure import Figure
    except ImportError as error:
        raise PlotError("a .png needs matplotlib: pip install 'shotlane[plots]'") from error
    count = max(1, len(picture.curves))
    figure = Figure(figsize=(8, 0.9 + 0.55 * count), layout="constrained", dpi=200)
    every = figure.subplots(count, 1, sharex=True, squeeze=False)[:, 0]
    figure.suptitle(picture.title, fontsize=9, x=0.02, ha="left")
    for name, start, end in picture.steps:
        middle = (start + end) / 2
        if end - start > 0.03 * picture.duration_s:
            every[0].annotate(
                name, (middle, 1.05), xycoords=every[0].get_xaxis_transform(), ha="center", fontsize=6
            )
    for number, (axes, curve) in enumerate(zip(every, picture.curves, strict=False)):
        _draw_curve(axes, curve, picture, f"C{number % 10}")
    every[-1].set_xlabel(f"{picture.time_label} (s)", fontsize=8)
    every[-1].set_xlim(0, picture.duration_s or 1)
    FigureCanvasAgg(figure).print_png(str(path))


def _draw_curve(axes: Any, curve: Curve, picture: Picture, colour: str) -> None:
    for number, (name, start, end) in enumerate(picture.steps):
        if name in picture.open_ended:
            axes.axvspan(start, end, facecolor="0.97", edgecolor="0.8", hatch="////", lw=0, zorder=0)
        elif number % 2 == 0:
            axes.axvspan(start, end, color="0.95", lw=0, zorder=0)
    if curve.kind in ("number", "boolean"):
        values = [float(value) for value in curve.values]
        times = [*curve.times.tolist(), picture.duration_s]
        axes.step(times, [*values, values[-1]], where="post", color=colour, lw=1.2)
    else:
        words = [*zip(curve.times.tolist(), map(str, curve.values), strict=True), *curve.calls]
        for at, text in words:
            axes.axvline(at, color=colour, lw=0.8)
            axes.annotate(text, (at, 0.4), fontsize=6, color=colour)
        axes.set_yticks([])
    if curve.kind == "boolean":
        axes.set_yticks([0, 1], ["off", "on"])
    if len(curve.readings):
        low = [0.05] * len(curve.readings)
        axes.plot(curve.readings, low, "|", transform=axes.get_xaxis_transform(), color=colour, ms=4, mew=0.5)
    label = f"{curve.name}\n({curve.unit})" if curve.unit else curve.name
    axes.set_ylabel(label, rotation=0, ha="right", va="center", fontsize=6)
    axes.tick_params(labelsize=6)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
