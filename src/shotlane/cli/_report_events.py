"""What happened: the attempts in time, and everything that was not as planned."""

import json
from collections.abc import Callable
from datetime import datetime
from html import escape
from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli._report_charts import across, box, drawing
from shotlane.cli._report_parts import Cell, Column, clock_of, folded, note, section, table
from shotlane.cli._text import duration
from shotlane.records import EVENT_TYPES, Event, Outcome, event_words

_MOST_ATTEMPTS = 1500
_MOST_EVENTS = 200
_FOLDED_FROM = 40
_PARTS = 1000
# What goes as planned is told by counts, or elsewhere on the page.
_USUAL = frozenset(
    {
        *("session.started", "session.ended", "run.started", "shot.started", "shot.ended", "attempt.started"),
        *("timing.mode", "instrument.opened", "instrument.identified", "instrument.set-up"),
        *("instrument.closed", "safe-state.written", "cadence.kept", "interlock.watched", "exchange.checked"),
        *("verdict.failed", "verdict.errored", "run.ended"),
    }
)


def what_happened(run: LoadedRun) -> str:
    """The timeline of attempts and the events worth telling."""
    return section("What happened", _timeline(run), _events(run))


def _timeline(run: LoadedRun) -> str:
    found = run.attempts().filter(pl.col("shot") > 0, pl.col("began").is_not_null()).sort("began")
    if not found.height:
        return note("No attempt was begun.")
    # One that goes on, or was killed, has no end: it reaches to the end of what is known.
    last = found.select(pl.max_horizontal(pl.col("ended").max(), pl.col("began").max())).item()
    ends = found["ended"].fill_null(last)
    clock = clock_of(run)
    times = [series.dt.timestamp("ns").to_numpy().astype(float) for series in (found["began"], ends)]
    low = times[0][0]
    x = across(low, max(times[1].max(), low + 1))
    lefts, rights = x(times[0]), x(times[1])
    if found.height > _MOST_ATTEMPTS:
        parts, remark = (
            _merged(found, lefts, rights),
            f"{found.height:,} attempts: of each {1 / 10:.1f} % of ",
        )
        remark += "the width the worst one is drawn."
    else:
        parts, remark = _boxes(found, lefts, rights), "One box for every attempt."
    took = duration(int(times[1].max() - low))
    caption = f"{remark} A shot that was tried again has more than one."
    return (
        f"<figure>{drawing(parts, 'attempts over time', 'plot strip')}"
        f'<div class="ends soft"><span>{clock(found["began"][0])}</span><span>{escape(took)}</span>'
        f"<span>{clock(ends.max())}</span></div>"  # type: ignore[arg-type]
        f"<figcaption>{escape(caption)} {_legend(found)}</figcaption></figure>"
    )


def _boxes(found: pl.DataFrame, lefts: Any, rights: Any) -> list[str]:
    parts = [box(0, 1000, "f-back")]
    rows = found.select("shot", "attempt", "outcome", "fault").iter_rows()
    for (shot, attempt, outcome, fault), left, right in zip(rows, lefts, rights, strict=True):
        told = f"shot {shot} attempt {attempt}: {outcome or 'no end recorded'}" + (
            f", {fault}" if fault else ""
        )
        # A gap shows where one ends, unless it would be all there is of it.
        width = max(right - left - (0.8 if right - left > 3 else 0), 0.6)
        parts.append(box(left, width, f"o-{outcome or 'running'}", told))
    return parts


def _merged(found: pl.DataFrame, lefts: Any, rights: Any) -> list[str]:
    """The worst outcome of each part of the width."""
    worst = np.full(_PARTS, -1)
    ranks = {outcome.value: outcome.severity for outcome in Outcome}
    for outcome, left, right in zip(found["outcome"], lefts, rights, strict=True):
        first, last = int(left), min(int(right), _PARTS - 1)
        worst[first : last + 1] = np.maximum(worst[first : last + 1], ranks.get(outcome, 0))
    borders = [0, *(np.flatnonzero(np.diff(worst)) + 1).tolist(), _PARTS]
    words = list(Outcome)
    return [box(0, 1000, "f-back")] + [
        box(begin, end - begin, f"o-{words[worst[begin]].value}")
        for begin, end in pairwise(borders)
        if worst[begin] >= 0
    ]


def _legend(found: pl.DataFrame) -> str:
    counts = found["outcome"].value_counts(sort=True).rows()
    return ", ".join(
        f'<b class="{word or "running"}">{number} {word or "without end"}</b>' for word, number in counts
    )


def _events(run: LoadedRun) -> str:
    events = run.events()
    told = events.filter(~pl.col("type").is_in(list(_USUAL)))
    told = told.filter(
        (pl.col("type") != "attempt.ended") | ~pl.col("fields").str.contains('"fault":null', literal=True)
    )
    told = told.filter(
        (pl.col("type") != "safe-state.reached")
        | ~pl.col("fields").str.contains('"the end of the run"', literal=True)
    )
    if not told.height:
        return note("Nothing out of the ordinary.")
    columns = [Column("time"), Column("event"), Column("shot", number=True), Column("what")]
    rows = [_event(row, clock_of(run)) for row in told.head(_MOST_EVENTS).iter_rows(named=True)]
    more = told.height - _MOST_EVENTS
    left_out = note(f"... and {more:,} more: run.events() in Python.") if more > 0 else ""
    body = table(columns, rows) + left_out
    return body if len(rows) <= _FOLDED_FROM else folded(f"{told.height:,} events", body)


def _event(row: dict[str, Any], clock: Callable[[datetime], str]) -> list[object]:
    event = Event(row["type"], 0, json.loads(row["fields"] or "{}"))
    known = EVENT_TYPES.get(event.type)
    place = "" if row["shot"] is None else str(row["shot"])
    if row["attempt"] is not None and row["attempt"] > 1:
        place += f" ({row['attempt']})"
    kind = "bad w" if known is not None and known.loud else "w"
    told = Cell(event_words(event), "long")
    return [Cell(clock(row["time"]), "w"), Cell(event.type, kind), place, told]
