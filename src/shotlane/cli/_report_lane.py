"""One lane of a shot in a report: numbers as lines, booleans as bars, options and texts in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from itertools import pairwise

import numpy as np
import polars as pl

from shotlane.cli import _report_charts as charts
from shotlane.cli._curves import unit_text
from shotlane.cli._text import count, value
from shotlane.records import ChannelRecord

_MOST_WORDS = 60


@dataclass(frozen=True, slots=True)
class Drawn:
    """An attempt to be drawn."""

    shot: int
    attempt: int
    duration_s: float
    steps: tuple[tuple[str, float, float], ...]
    actions: pl.DataFrame
    samples: pl.DataFrame


def _bands(drawn: Drawn) -> list[str]:
    x = charts.across(0.0, drawn.duration_s)
    return [
        charts.box(x.at(start), x.at(end) - x.at(start), "f-band")
        for _, start, end in drawn.steps[::2]
        if end > start
    ]


def lane_of(channel: ChannelRecord, drawn: Drawn) -> str:
    mine = pl.col("channel") == channel.name
    actions, samples = drawn.actions.filter(mine), drawn.samples.filter(mine)
    if not actions.height and not samples.height:
        return ""
    unit = f"<small>{escape(unit_text(channel.unit))}</small>" if channel.unit else ""
    name = f'<div class="name">{escape(channel.name)}{unit}</div>'
    if channel.type in ("float", "int"):
        body, ends = _numbers(channel, drawn, actions, samples)
    elif channel.type == "bool":
        body, ends = _truths(channel, drawn, actions, samples)
    else:
        body, ends = _texts(channel, drawn, actions, samples)
    return f'<div class="lane">{name}<div>{body}</div><div class="range">{ends}</div></div>'


def place(drawn: Drawn, begin: float, end: float | None = None) -> str:
    """Where something stands on the axis of time, as a style."""
    left = f"left:{100 * begin / drawn.duration_s:.2f}%"
    return left if end is None else f"{left};width:{100 * (end - begin) / drawn.duration_s:.2f}%"


def _held(drawn: Drawn, actions: pl.DataFrame) -> tuple[charts.Floats, charts.Floats]:
    """When values were sent, not before the shot began, and the values."""
    sent = actions.filter(
        pl.col("kind") != "safe", pl.col("requested_ns").is_not_null(), pl.col("value").is_not_null()
    )
    sent = sent.sort("t").with_columns(pl.col("t").clip(0.0, drawn.duration_s))
    sent = sent.unique("t", keep="last", maintain_order=True)
    return charts.across(0.0, drawn.duration_s)(sent["t"].to_numpy()), sent["value"].to_numpy()


def _numbers(
    channel: ChannelRecord, drawn: Drawn, actions: pl.DataFrame, samples: pl.DataFrame
) -> tuple[str, str]:
    x = charts.across(0.0, drawn.duration_s)
    set_x, set_y = _held(drawn, actions)
    read = samples.filter(pl.col("value").is_not_null()).sort("t")
    y = charts.upwards([*set_y.tolist(), read["value"].min(), read["value"].max()])  # type: ignore[list-item]
    parts = [*_bands(drawn), charts.steps(set_x, y(set_y), 1000, "l-set")]
    read_x, read_y = charts.thinned(x(read["t"].to_numpy()), y(read["value"].to_numpy()))
    draw = charts.line if read.height > 12 else charts.dots
    parts += [
        draw(read_x, read_y, "l-read" if read.height > 12 else "d-read"),
        *_marks(drawn, actions, samples),
    ]
    ends = f"<span>{value(y.high)}</span>" + (f"<span>{value(y.low)}</span>" if y.low < y.high else "")
    return charts.drawing(parts, channel.name), ends


def _marks(drawn: Drawn, *frames: pl.DataFrame) -> Iterator[str]:
    x = charts.across(0.0, drawn.duration_s)
    for kind, states in (("t-late", ["late"]), ("t-lost", ["failed", "missed", "dropped"])):
        for frame in frames:
            at = frame.filter(pl.col("status").is_in(states))["t"].to_numpy()
            yield charts.ticks(x(at), kind)


def _truths(
    channel: ChannelRecord, drawn: Drawn, actions: pl.DataFrame, samples: pl.DataFrame
) -> tuple[str, str]:
    set_x, set_y = _held(drawn, actions)
    parts = _bands(drawn)
    if len(set_x):
        for at, end, on in zip(set_x, [*set_x[1:], 1000.0], set_y, strict=True):
            parts += [charts.box(at, end - at, "f-on", y=8, height=84)] if on else []
        parts.append(charts.steps(set_x, 92 - 84 * set_y, 1000, "l-set"))
    read = samples.filter(pl.col("value").is_not_null())
    x = charts.across(0.0, drawn.duration_s)
    parts.append(charts.dots(x(read["t"].to_numpy()), 92 - 84 * read["value"].to_numpy(), "d-read"))
    parts += _marks(drawn, actions, samples)
    return charts.drawing(parts, channel.name, "plot flat"), "<span>on / off</span>"


def _texts(
    channel: ChannelRecord, drawn: Drawn, actions: pl.DataFrame, samples: pl.DataFrame
) -> tuple[str, str]:
    """Options and texts in words; of arrays when they were read."""
    told = pl.concat(
        [
            actions.filter(pl.col("kind") != "safe", pl.col("text").is_not_null()).select("t", "text"),
            samples.filter(pl.col("text").is_not_null()).select("t", "text"),
        ]
    ).sort("t")
    told = told.filter((pl.col("text") != pl.col("text").shift()).fill_null(True)).head(_MOST_WORDS)
    at = [*told["t"].clip(0.0, drawn.duration_s).to_list(), drawn.duration_s]
    spans = "".join(
        f'<span style="{place(drawn, begin, end)}">{escape(word)}</span>'
        for (begin, end), word in zip(pairwise(at), told["text"], strict=True)
    )
    body = f'<div class="words">{spans}</div>' if spans else ""
    if samples.height:
        x = charts.across(0.0, drawn.duration_s)
        taken = samples.filter(pl.col("status").is_in(["ok", "late"]))["t"].to_numpy()
        parts = [*_bands(drawn), charts.dots(x(taken), np.full(len(taken), 50.0), "d-read")]
        body += charts.drawing([*parts, *_marks(drawn, samples)], channel.name, "plot flat")
    ends = f"<span>{count(samples.height, 'array' if channel.type == 'array' else 'reading')}</span>"
    return body, ends if samples.height else ""


def calls_of(drawn: Drawn) -> Iterator[str]:
    """A lane for every role that was called."""
    calls = drawn.actions.filter(pl.col("command").is_not_null(), pl.col("kind") == "planned").sort("t")
    calls = calls.with_columns(role=pl.col("command").str.extract(r"^([^.(]+)"))
    for (role,), mine in calls.group_by("role", maintain_order=True):
        words = mine.select("t", pl.col("command").str.replace(r"^[^.(]+\.", "")).head(_MOST_WORDS)
        spans = "".join(
            f'<span style="{place(drawn, min(at, drawn.duration_s))}">{escape(word)}</span>'
            for at, word in words.iter_rows()
        )
        yield (
            f'<div class="lane"><div class="name">{escape(str(role))}<small>calls</small></div>'
            f'<div class="words">{spans}</div><div class="range"></div></div>'
        )
