"""What became of everything planned, channel by channel, and how late it was."""

import numpy as np
import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli._report_charts import box, drawing
from shotlane.cli._report_parts import Cell, Column, note, section, table
from shotlane.cli._text import lateness

_COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")
_MOST_READINGS = 20_000_000
_EDGES = np.concatenate([[-np.inf], np.logspace(3, 9, 25), [np.inf]])  # 1 us to 1 s


def counts(run: LoadedRun) -> str:
    """The table of counts, and in real time how late readings began."""
    tallies = run.record.tallies
    if not tallies:
        return section("Planned and done", note("Nothing was planned or done."))
    figures = run.record.figures.get("lateness", {})
    real = "virtual-time" not in run.record.summary.stamps
    head = [Column("channel"), Column("what"), *(Column(name, number=True) for name in _COUNTS)]
    head += [Column(f"late {name}", number=True) for name in ("p50", "p99", "max")] if real else []
    rows: list[list[object]] = []
    for (name, what), numbers in tallies.items():
        cells: list[object] = [name, what, *(_count(*pair) for pair in zip(_COUNTS, numbers, strict=True))]
        if real:
            late = figures.get(name, {})
            cells += [lateness(late[key]) if key in late else "" for key in ("p50_ns", "p99_ns", "max_ns")]
        rows.append(cells)
    told = "Every planned reading and action has exactly one of the six states; they sum to planned."
    return section("Planned and done", table(head, rows), note(told), _histogram(run) if real else _virtual())


def _count(name: str, number: int) -> Cell:
    kind = "bad" if name in ("failed", "missed", "dropped") else "warn" if name == "late" else ""
    return Cell(f"{number:,}", kind) if number else Cell("")


def _virtual() -> str:
    return note("The run was in virtual time, where nothing is ever late.")


def _histogram(run: LoadedRun) -> str:
    """How many readings began how late."""
    planned = sum(row[0] for (_, what), row in run.record.tallies.items() if what == "readings")
    if not planned:
        return ""
    if planned > _MOST_READINGS:
        return note(f"{planned:,} readings: their lateness is not drawn.")
    late = (
        run.lazy(attempts="all").select("lateness_ns").filter(pl.col("lateness_ns").is_not_null()).collect()
    )
    if not late.height:
        return ""
    numbers, _ = np.histogram(late["lateness_ns"].to_numpy(), _EDGES)
    top, width = numbers.max(), 1000 / len(numbers)
    parts = []
    for place, number in enumerate(numbers.tolist()):
        low, high = _EDGES[place], _EDGES[place + 1]
        if number:
            told = f"{number:,} readings, {_span(low, high)}"
            height = max(100 * number / top, 1.5)
            parts.append(box(place * width, width * 0.9, "f-bar", told, 100 - height, height))
    ends = "".join(
        f"<span>{text}</span>" for text in ("1 us or less", "30 us", "1 ms", "30 ms", "1 s or more")
    )
    return (
        f"<figure><b>How late readings began</b>{drawing(parts, 'lateness of readings')}"
        f'<div class="ends soft">{ends}</div><figcaption>{late.height:,} readings; most in one bar: {top:,}. '
        "The scale of time is logarithmic.</figcaption></figure>"
    )


def _span(low: float, high: float) -> str:
    if low == -np.inf:
        return f"at most {lateness(high)} late"
    return f"{lateness(low)} to {lateness(high)} late" if high < np.inf else f"more than {lateness(low)} late"
