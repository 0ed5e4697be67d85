"""Results over the sweep with their limits, and the table of shots."""

import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli._curves import unit_text
from shotlane.cli._report_charts import PARTS, across, dots, drawing, level, line, thinned, upwards
from shotlane.cli._report_parts import Cell, Column, folded, note, section, shown, table
from shotlane.cli._shot_columns import Columns, columns_of
from shotlane.cli._text import value

_MOST_ROWS = 1000
_FOLDED_FROM = 40


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
    name, unit = one["result"][0], one["unit"].drop_nulls()
    counts = {word: number for word, number in one["verdict"].value_counts().rows() if word is not None}
    words = ", ".join(f'<b class="{word if word == "passed" else "bad"}">{n} {word}</b>' for word, n in counts.items())
    known = one.filter(pl.col("value").is_not_null() & pl.col("value").is_not_nan() & (pl.col("type") == "number"))
    title = shown(name) + (f" ({unit_text(unit[0])})" if len(unit) else "")
    if not known.height:
        return note(f"{title}: no numbers. ") + (f"<p>{words}</p>" if words else "")
    known = known.sort("@x")
    limits = {word: known[word].drop_nulls().unique().to_list() for word in ("low", "high", "equals")}
    y = upwards([*known["value"].to_list(), *(each for some in limits.values() for each in some)])
    x = across(float(known["@x"].min()), float(known["@x"].max()))  # type: ignore[arg-type]
    parts = [level(float(y(each)), "l-limit") for some in limits.values() for each in some[:1]]  # type: ignore[arg-type]
    bad = known["verdict"].is_in(["failed", "errored"])
    xs, ys = x(known["@x"].to_numpy()), y(known["value"].to_numpy())
    if known.height > 2 * PARTS:
        parts.append(line(*thinned(xs, ys), "l-read"))
    else:
        parts.append(dots(xs[(~bad).to_numpy()], ys[(~bad).to_numpy()], "d-none"))
    parts.append(dots(*thinned(xs[bad.to_numpy()], ys[bad.to_numpy()]), "d-failed"))
    ends = f"<span>{value(y.high)}</span><span>{value(y.low)}</span>"
    edges = f"<span>{value(x.low)}</span><span>{_axis_name(run, over)}</span><span>{value(x.high)}</span>"
    told = [f"{word} {value(some[0])}" for word, some in limits.items() if some]
    remark = f"{known.height:,} values drawn as the lowest and highest of {PARTS} parts. " if known.height > 2 * PARTS else ""
    return (
        f"<figure><div class=ends><b>{title}</b><span>{words}</span></div>"
        f'<div class="lane result"><div class="range" style="grid-column:3;grid-row:1">{ends}</div>'
        f'<div style="grid-column:1/3;grid-row:1">{drawing(parts, title, "plot tall")}'
        f'<div class="ends soft">{edges}</div></div></div>'
        f"<figcaption>{remark}{'Limits, dashed: ' + ', '.join(told) if told else 'No limits.'}</figcaption></figure>"
    )


def _axis_name(run: LoadedRun, over: str) -> str:
    unit = run.units.get(over)
    return f"{over} ({unit_text(unit)})" if unit else over


def shots_table(run: LoadedRun, shots: pl.DataFrame) -> str:
    """The shots with what was swept and what came out."""
    if not shots.height:
        return section("Shots", note("No shot was begun."))
    columns = columns_of(run, shots)
    head = [Column("shot", number=True), Column("outcome"), *_if(columns.judged, Column("verdict"))]
    head += [*_if(columns.retried, Column("attempts", number=True)), Column("started"), Column("took", "s", number=True)]
    head += [Column(name, run.units.get(name), shots.schema[name].is_numeric()) for name in columns.told]
    rows = [_row(row, columns) for row in shots.head(_MOST_ROWS).iter_rows(named=True)]
    more = shots.height - _MOST_ROWS
    left_out = note(f"... and {more:,} more: run.shots() in Python.") if more > 0 else ""
    fixed = [f"{name} = {value(item, run.units.get(name))}" for name, item in columns.fixed.items()]
    body = table(head, rows) + left_out
    if shots.height > _FOLDED_FROM:
        body = folded(f"{shots.height:,} shots", body)
    return section("Shots", note("The same in all shots: " + ", ".join(fixed)) if fixed else "", body)


def _if(condition: bool, *columns: Column) -> tuple[Column, ...]:
    return columns if condition else ()


def _row(row: dict[str, object], columns: Columns) -> list[object]:
    outcome = str(row["outcome"] or "no end recorded")
    cells: list[object] = [row["shot"], Cell(outcome, outcome.split()[0] if row["outcome"] else "calm")]
    if columns.judged:
        verdict = str(row["verdict"] or "")
        cells.append(Cell(verdict, "passed" if verdict == "passed" else "bad"))
    if columns.retried:
        cells.append(row["attempts"])
    return [*cells, row["started"], row["duration_s"], *(row[name] for name in columns.told)]
