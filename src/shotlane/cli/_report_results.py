"""Results over the sweep with their limits, and the table of shots."""

from collections.abc import Callable
from datetime import datetime
from html import escape
from itertools import chain
from typing import Any

import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli._curves import unit_text
from shotlane.cli._report_charts import (
    PARTS,
    Floats,
    Scale,
    across,
    dots,
    drawing,
    level,
    line,
    thinned,
    upwards,
)
from shotlane.cli._report_parts import Cell, Column, clock_of, folded, note, section, table
from shotlane.cli._shot_columns import Columns, columns_of
from shotlane.cli._show_tables import limits_of
from shotlane.cli._text import value

_MOST_ROWS = 1000
_FOLDED_FROM = 40
_THINNED = "{:,} values: the lowest and highest of each of {} parts are drawn, and what failed. "


def results(run: LoadedRun, shots: pl.DataFrame) -> str:
    """A chart for every result that is a number, over the shots or over the only thing swept."""
    found = run.results()
    if not found.height:
        return ""
    columns = columns_of(run, shots)
    over = columns.axis
    places = shots.select("shot", pl.col(over).cast(pl.Float64).alias("@x"))
    charts = [
        _chart(found.filter(pl.col("result") == name).join(places, on="shot", how="left"), run, over)
        for name in found["result"].unique(maintain_order=True)
    ]
    return section("Results", *charts)


def _chart(one: pl.DataFrame, run: LoadedRun, over: str) -> str:
    unit = one["unit"].drop_nulls()
    title = escape(one["result"][0] + (f" ({unit_text(unit[0])})" if len(unit) else ""))
    head = f"<div class=ends><b>{title}</b><span>{_verdicts(one)}</span></div>"
    known = one.filter(
        pl.col("type") == "number", pl.col("value").is_not_null(), pl.col("value").is_not_nan()
    ).sort("@x")
    if not known.height:
        return f"<figure>{head}<figcaption>No numbers.</figcaption></figure>"
    bounds = known.select("low", "high", "equals").to_dict(as_series=False)
    y = upwards([*known["value"].to_list(), *chain.from_iterable(bounds.values())])
    x = across(known["@x"].to_list()[0], known["@x"].to_list()[-1])
    ends = f"<span>{value(y.high)}</span><span>{value(y.low)}</span>"
    edges = f"<span>{value(x.low)}</span><span>{_axis_name(run, over)}</span><span>{value(x.high)}</span>"
    told, vary = limits_of(known)
    named = f"{'Limits vary' if vary else 'Limits'}, dashed: {told}" if told else "No limits."
    remark = _THINNED.format(known.height, PARTS) if known.height > 2 * PARTS else ""
    return (
        f'<figure>{head}<div class="chart"><div>'
        f"{drawing(_points(known, x, y), one['result'][0], 'plot tall')}"
        f'<div class="ends soft">{edges}</div></div>'
        f'<div class="range">{ends}</div></div>'
        f"<figcaption>{remark}{named}</figcaption></figure>"
    )


def _verdicts(one: pl.DataFrame) -> str:
    counts = {word: number for word, number in one["verdict"].value_counts().rows() if word is not None}
    return ", ".join(
        f'<b class="{"good" if word == "passed" else "bad"}">{number} {word}</b>'
        for word, number in counts.items()
    )


def _points(known: pl.DataFrame, x: Scale, y: Scale) -> list[str]:
    xs, ys = x(known["@x"].to_numpy()), y(known["value"].to_numpy())
    parts = [part for word in ("low", "high", "equals") for part in _limit(xs, known[word], y)]
    bad = known["verdict"].is_in(["failed", "errored"]).fill_null(False).to_numpy()
    if len(xs) > 2 * PARTS:
        parts.append(line(*thinned(xs, ys), "l-read"))
    else:
        parts.append(dots(xs[~bad], ys[~bad], "d-good"))
    return [*parts, dots(*thinned(xs[bad], ys[bad]), "d-bad")]


def _limit(xs: Floats, limits: pl.Series, y: Scale) -> list[str]:
    """A limit from side to side; one that is not the same in all shots goes through that of each."""
    some = limits.drop_nulls()
    if not len(some):
        return []
    if some.n_unique() == 1:
        return [level(y.at(some[0]), "l-limit")]
    return [line(*thinned(xs, y(limits.cast(pl.Float64).fill_null(float("nan")).to_numpy())), "l-limit")]


def _axis_name(run: LoadedRun, over: str) -> str:
    unit = run.units.get(over)
    return escape(f"{over} ({unit_text(unit)})" if unit else over)


def shots_table(run: LoadedRun, shots: pl.DataFrame) -> str:
    """The shots with what was swept and what came out."""
    if not shots.height:
        return section("Shots", note("No shot was begun."))
    columns = columns_of(run, shots)
    head = [Column("shot", number=True), Column("outcome"), *_if(columns.judged, Column("verdict"))]
    head += [
        *_if(columns.retried, Column("attempts", number=True)),
        Column("started"),
        Column("took", "s", number=True),
    ]
    head += [Column(name, run.units.get(name), shots.schema[name].is_numeric()) for name in columns.told]
    clock = clock_of(run)
    rows = [_row(row, columns, clock) for row in shots.head(_MOST_ROWS).iter_rows(named=True)]
    more = shots.height - _MOST_ROWS
    left_out = note(f"... and {more:,} more: run.shots() in Python.") if more > 0 else ""
    body = table(head, rows) + left_out
    if shots.height > _FOLDED_FROM:
        body = folded(f"{shots.height:,} shots", body)
    return section("Shots", body)


def _if(condition: bool, *columns: Column) -> tuple[Column, ...]:
    return columns if condition else ()


def _row(row: dict[str, Any], columns: Columns, clock: Callable[[datetime], str]) -> list[object]:
    outcome = str(row["outcome"] or "no end recorded")
    cells: list[object] = [row["shot"], Cell(outcome, outcome.split()[0] if row["outcome"] else "calm")]
    if columns.judged:
        verdict = str(row["verdict"] or "")
        cells.append(Cell(verdict, "passed" if verdict == "passed" else "bad"))
    if columns.retried:
        cells.append(row["attempts"])
    began = "" if row["started"] is None else clock(row["started"])
    return [*cells, Cell(began, "w"), row["duration_s"], *(row[name] for name in columns.told)]
