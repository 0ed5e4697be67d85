"""The small parts that pages of a report are made of; every text is escaped here."""

import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any, NamedTuple

from shotlane.analysis import LoadedRun
from shotlane.cli._curves import unit_text
from shotlane.cli._text import value


class Column(NamedTuple):
    """A column of a table."""

    name: str
    unit: str | None = None
    number: bool = False


class Cell(NamedTuple):
    """A cell that looks different: `kind` is a class of the style sheet."""

    text: str
    kind: str = ""


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells are texts, numbers or `Cell`."""
    head = "".join(
        f"<th{' class=n' if column.number else ''}>{escape(column.name)}{_unit(column.unit)}</th>"
        for column in columns
    )
    body = "\n".join(
        "<tr>" + "".join(_cell(item, column) for item, column in zip(row, columns, strict=True)) + "</tr>"
        for row in rows
    )
    return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>\n{body}\n</tbody></table></div>'


def _unit(unit: str | None) -> str:
    return f"<small>{escape(unit_text(unit))}</small>" if unit else ""


def _cell(item: object, column: Column) -> str:
    cell = item if isinstance(item, Cell) else Cell(shown(item))
    kinds = " ".join(name for name in ("n" if column.number else "", cell.kind) if name)
    return f"<td{f' class={chr(34)}{kinds}{chr(34)}' if kinds else ''}>{escape(cell.text)}</td>"


def shown(item: Any) -> str:
    """A value as people read it; nothing for none."""
    if item is None:
        return ""
    return value(item)


def clock_time(moment: datetime) -> str:
    """The time of day here, to the second."""
    return moment.astimezone().strftime("%H:%M:%S")


def day_and_time(moment: datetime) -> str:
    """The same with the day, for runs that are longer than one."""
    return moment.astimezone().strftime("%m-%d %H:%M:%S")


def clock_of(run: LoadedRun) -> Callable[[datetime], str]:
    """How moments of a run are written: with the day when it began on another."""
    summary = run.record.summary
    last = summary.ended_utc_ns or time.time_ns()
    days = {
        datetime.fromtimestamp(at // 10**9, UTC).astimezone().date() for at in (summary.started_utc_ns, last)
    }
    return clock_time if len(days) == 1 else day_and_time


def facts(items: Iterable[tuple[str, str, str]]) -> str:
    """Figures that are seen first: what it is, the figure, and how it looks."""
    boxes = [
        f"<div><b{f' class={kind}' if kind else ''}>{escape(text)}</b><span>{escape(name)}</span></div>"
        for name, text, kind in items
    ]
    return f'<div class="facts">{"".join(boxes)}</div>'


def badge(text: str, kind: str = "calm") -> str:
    """A word in a frame."""
    return f'<span class="badge {kind}">{escape(text)}</span>'


def section(title: str, *parts: str) -> str:
    """A part of the page with its title; nothing where there is nothing to tell."""
    told = [part for part in parts if part]
    return "\n".join([f"<section><h2>{escape(title)}</h2>", *told, "</section>"]) if told else ""


def note(text: str) -> str:
    """A remark."""
    return f'<p class="note">{escape(text)}</p>'


def folded(title: str, body: str, *, unfolded: bool = False) -> str:
    """What is seen when its title is clicked."""
    return f"<details{' open' if unfolded else ''}><summary>{escape(title)}</summary>\n{body}\n</details>"
