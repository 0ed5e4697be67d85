"""The lanes of a few shots: what was set and what was read, over time, with the steps as they really were.

A value that was set stands from when it was really sent; what was planned but not sent is a mark.
"""

from html import escape

import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli import _report_charts as charts
from shotlane.cli._report_lane import Drawn, calls_of, lane_of, place
from shotlane.cli._report_parts import folded, note, section
from shotlane.cli._text import duration

_DRAWN_BAD = 3
_THINNED = "Of more than {:,} readings the lowest and highest of each of {} parts are drawn. "
_KEY = (
    '<span class="key" style="background:var(--set)"></span>set'
    '<span class="key" style="background:var(--read)"></span>read'
    '<span class="key" style="background:var(--warn)"></span>late'
    '<span class="key" style="background:var(--bad)"></span>lost'
)


def lanes(run: LoadedRun, shots: pl.DataFrame) -> str:
    """The first shot that ended well, the last one, and the first ones that did not end well."""
    tried = (
        run.attempts().filter(pl.col("shot") > 0).group_by("shot").agg(pl.col("attempt").max()).sort("shot")
    )
    tried = tried.join(shots.select("shot", "outcome"), on="shot", how="left").sort("shot")
    if not tried.height:
        return ""
    well = pl.col("outcome").is_in(["done", "passed"])
    chosen = pl.concat(
        [tried.filter(well).head(1), tried.filter(~well | well.is_null()).head(_DRAWN_BAD), tried.tail(1)]
    ).unique("shot", maintain_order=True)
    parts: list[str] = []
    for shot, attempt, outcome in chosen.iter_rows():
        title = (
            f"shot {shot}"
            + (f", attempt {attempt}" if attempt > 1 else "")
            + f": {outcome or 'no end recorded'}"
        )
        body = _figure(run, _read(run, shot, attempt))
        parts.append(folded(title, body, unfolded=not parts))
    left = tried.height - chosen.height
    remark = f"{chosen.height} of {tried.height:,} shots are drawn. " if left else ""
    return section("Lanes", note(f"{remark}Times count from the start of the shot."), *parts)


def _read(run: LoadedRun, shot: int, attempt: int) -> Drawn:
    mine = pl.col("attempt") == attempt
    actions = run.actions(attempts="all", shots=shot).filter(mine)
    samples = run.lazy(attempts="all").filter(pl.col("shot") == shot, mine).collect()
    steps = tuple(
        run.steps(attempts="all", shots=shot).filter(mine).select("step", "start_s", "end_s").iter_rows()
    )
    seen = [frame["t"].max() for frame in (actions.filter(pl.col("kind") == "planned"), samples)]
    ends = [end for _, _, end in steps] + [float(end) for end in seen if end is not None]  # type: ignore[arg-type]
    return Drawn(shot, attempt, max(ends, default=0.0) or 1.0, steps, actions, samples)


def _figure(run: LoadedRun, drawn: Drawn) -> str:
    rows = [row for channel in run.record.channels if (row := lane_of(channel, drawn))]
    rows += list(calls_of(drawn))
    if not rows:
        return note("Nothing was set and nothing was read.")
    marks, unit = charts.scale_of_times(drawn.duration_s)
    names = "".join(
        f'<span style="{place(drawn, start, end)}"'
        f' title="{escape(f"{name}: {start:g} s to {end:g} s")}">{escape(name)}</span>'
        for name, start, end in drawn.steps
        if end > start
    )
    many = max((len(part) for _, part in drawn.samples.group_by("channel")), default=0)
    remark = _THINNED.format(2 * charts.PARTS, charts.PARTS) if many > 2 * charts.PARTS else ""
    return (
        f'<figure><div class="lane"><div class="name soft">{duration(round(drawn.duration_s * 1e9))}</div>'
        f'<div class="axis steps">{names}</div></div>{"".join(rows)}'
        f'<div class="lane"><div class="name soft">time ({unit})</div><div class="axis">{marks}</div></div>'
        f"<figcaption>{remark}{_KEY}</figcaption></figure>"
    )
