"""The parts of what `shotlane show` tells: channels, shots, results and readings, as wide as the terminal."""

from typing import TYPE_CHECKING, Any

from shotlane.cli._curves import unit_text
from shotlane.cli._sparkline import sparkline
from shotlane.cli._text import duration, hanging, lateness, tables, terminal_width, value

if TYPE_CHECKING:
    import polars as pl

    from shotlane.analysis import LoadedRun

COUNTS = ("planned", "ok", "late", "failed", "missed", "dropped", "unreached")
_SHOTS_SHOWN, _FIRST, _LAST = 30, 12, 3
_FAULTS_SHOWN = 20
_CURVES_SHOWN = 16


def channels(run: "LoadedRun") -> list[str]:
    """What became of everything planned, channel by channel; what never happened has no column."""
    tallies = run.record.tallies
    if not tallies:
        return ["nothing was planned or done"]
    figures = run.record.figures.get("lateness", {})
    real = bool(figures) and "virtual-time" not in run.record.summary.stamps
    seen = [
        place for place, name in enumerate(COUNTS) if place < 2 or any(row[place] for row in tallies.values())
    ]
    header = ["channel", "what", "unit", *(COUNTS[place] for place in seen), *(["late p99"] if real else [])]
    units = run.units
    rows = [
        [
            name,
            what,
            unit_text(units.get(name) or ""),
            *(f"{counts[place]:,}" if counts[place] else "" for place in seen),
            *([lateness(figures[name]["p99_ns"]) if name in figures else ""] if real else []),
        ]
        for (name, what), counts in tallies.items()
    ]
    return tables(header, rows, right=frozenset(range(3, len(header))))


def shots_table(run: "LoadedRun", shots: "pl.DataFrame") -> list[str]:
    """The shots with what was swept and what came out; of many the first, the last, and what went wrong."""
    from shotlane.cli._shot_columns import columns_of  # late: polars

    if not shots.height:
        return ["no shot was begun"]
    columns = columns_of(run, shots)
    header = ["shot", "outcome", *(["verdict"] if columns.judged else [])]
    header += [*(["attempts"] if columns.retried else []), "took"]
    first = len(header)
    header += [_with_unit(name, run.units.get(name)) for name in columns.told]
    rows = []
    for row in _chosen(shots).iter_rows(named=True):
        cells = [str(row["shot"]), row["outcome"] or "no end recorded"]
        cells += [row["verdict"] or ""] if columns.judged else []
        cells += [_shown(row["attempts"])] if columns.retried else []
        cells.append("" if row["duration_s"] is None else duration(round(row["duration_s"] * 1e9)))
        rows.append([*cells, *(_shown(row[name]) for name in columns.told)])
    numbers = {first + n for n, name in enumerate(columns.told) if shots.schema[name].is_numeric()}
    left = shots.height - len(rows)
    more = (
        [f"... and {left:,} more, all of which ended well or are not told: run.shots() in Python"]
        if left
        else []
    )
    return [*tables(header, rows, right=frozenset({0, *numbers})), *more]


def _with_unit(name: str, unit: str | None) -> str:
    return f"{name} ({unit_text(unit)})" if unit else name


def _shown(item: Any) -> str:
    return "" if item is None else value(item)


def _chosen(shots: "pl.DataFrame") -> "pl.DataFrame":
    import polars as pl  # late: costs 0.1 s

    if shots.height <= _SHOTS_SHOWN:
        return shots
    place = pl.int_range(pl.len())
    well = pl.col("outcome").is_in(["done", "passed"]).fill_null(False)
    edge = (place < _FIRST) | (place >= shots.height - _LAST)
    bad = ~well & ~edge & ((~well & ~edge).cum_sum() <= _SHOTS_SHOWN - _FIRST - _LAST)
    return shots.filter(edge | bad)


def results(run: "LoadedRun", shots: "pl.DataFrame") -> list[str]:
    """Every result that is a number over the shots, with its limits and verdicts."""
    import polars as pl  # late: costs 0.1 s

    found = run.results().filter(pl.col("type").is_null() | (pl.col("type") == "number"))
    if not found.height or shots.height < 2:
        return []
    rows = []
    for (name,), one in found.group_by("result", maintain_order=True):
        over = shots.select("shot").join(one, on="shot", how="left")
        values = over["value"].to_list()
        unit = one["unit"].drop_nulls()
        verdicts = [
            f"{number} {word}" for word, number in one["verdict"].value_counts(sort=True).rows() if word
        ]
        limits, vary = limits_of(one)
        limits = f"limits vary: {limits}" if vary else limits
        told = "; ".join(part for part in (limits, ", ".join(verdicts)) if part)
        rows.append(
            [str(name), unit_text(unit[0]) if len(unit) else "", sparkline(values, 40), *_ends(values), told]
        )
    header = ["result", "unit", "over the shots", "lowest", "highest", "limits and verdicts"]
    return tables(header, rows, right=frozenset({3, 4}))


def limits_of(one: "pl.DataFrame") -> tuple[str, bool]:
    """The limits of a result, and whether they vary over its shots: then the least and the most of each."""
    known = {word: one[word].drop_nulls() for word in ("low", "high", "equals")}
    told = [f"{word} {_span(some.to_list())}" for word, some in known.items() if len(some)]
    return ", ".join(told), any(some.n_unique() > 1 for some in known.values())


def _span(numbers: list[float]) -> str:
    low, high = min(numbers), max(numbers)
    return value(low) if low == high else f"{value(low)}..{value(high)}"


def _ends(values: list[float | None]) -> tuple[str, str]:
    known = [number for number in values if number is not None and number == number]
    return (value(min(known)), value(max(known))) if known else ("", "")


def readings(run: "LoadedRun", shots: "pl.DataFrame") -> list[str]:
    """The readings of one shot as small curves: of the last that ended well, else of the last."""
    import polars as pl  # late: costs 0.1 s

    well = shots.filter(pl.col("outcome").is_in(["done", "passed"]))
    shown = (well if well.height else shots).tail(1)
    if not shown.height:
        return []
    number = shown["shot"][0]
    samples = (
        run.lazy(attempts="last")
        .filter(pl.col("shot") == number)
        .select("channel", "value", "t")
        .collect()
        .drop_nulls("value")
    )
    rows = []
    for (name,), one in samples.group_by("channel", maintain_order=True):
        if one.height > 1:
            values = one.sort("t")["value"].to_list()
            unit = unit_text(run.units.get(str(name)) or "")
            rows.append([str(name), unit, sparkline(values, min(60, terminal_width() // 2)), *_ends(values)])
    header = ["channel", "unit", f"readings of shot {number}", "lowest", "highest"]
    return tables(header, rows[:_CURVES_SHOWN], right=frozenset({3, 4})) if rows else []


def faults(run: "LoadedRun") -> list[str]:
    """Why attempts ended badly."""
    items = run.record.faults
    told = [
        line
        for item in items[:_FAULTS_SHOWN]
        for line in hanging(f"  shot {item.shot} attempt {item.attempt}: ", f"{item.fault}: {item.message}")
    ]
    more = len(items) - _FAULTS_SHOWN
    return ["faults", *told, *([f"  ... and {more} more"] if more > 0 else [])] if items else []
