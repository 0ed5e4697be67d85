"""A run as one page: what was asked, what happened, and what was measured.

The page needs nothing but itself: no script, no font, no picture from elsewhere. It says of everything that
it leaves out or draws thinned that it does.
"""

from html import escape

import polars as pl

from shotlane.analysis import LoadedRun
from shotlane.cli._cadence import cadence
from shotlane.cli._note import note_parts
from shotlane.cli._report_events import what_happened
from shotlane.cli._report_lanes import lanes
from shotlane.cli._report_lateness import counts
from shotlane.cli._report_origin import asked, origin
from shotlane.cli._report_parts import badge, facts, section
from shotlane.cli._report_results import results, shots_table
from shotlane.cli._report_style import STYLE
from shotlane.cli._runs import local_time
from shotlane.cli._text import duration, lateness
from shotlane.records import Outcome


def report_of(run: LoadedRun) -> str:
    """The whole page."""
    summary = run.record.summary
    shots = run.shots()
    body = "\n".join(
        part
        for part in (
            _head(run, shots),
            asked(run, shots),
            what_happened(run),
            _notes(run),
            results(run, shots),
            shots_table(run, shots),
            lanes(run, shots),
            counts(run),
            origin(run),
        )
        if part
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(f'{summary.sequence}, run {summary.number}')}</title>"
        f"<style>{STYLE}</style></head>\n<body><main>\n{body}\n</main></body></html>\n"
    )


def _head(run: LoadedRun, shots: pl.DataFrame) -> str:
    record, summary = run.record, run.record.summary
    state = "running" if summary.outcome is None else summary.outcome.value
    badges = [badge(summary.state, state), *(badge(stamp, "warn") for stamp in summary.stamps)]
    badges += [badge(tag) for tag in summary.tags]
    took = ""
    if summary.ended_utc_ns is not None:
        took = f", took {duration(summary.ended_utc_ns - summary.started_utc_ns)}"
    lines = [
        "<header>",
        f"<h1>{escape(summary.sequence)} <small class=soft>run {summary.number}</small></h1>",
        f"<p>{''.join(badges)}</p>",
        f"<p>{escape(record.description)}</p>" if record.description else "",
        f"<p class=soft>on {escape(summary.station)}, started {local_time(summary.started_utc_ns)}{took}</p>",
        f"<p><b>Why it ended:</b> {escape(record.reason)}</p>" if record.reason else "",
        _unsafe(run),
        _figures(run, shots),
        "</header>",
    ]
    return "\n".join(line for line in lines if line)


def _notes(run: LoadedRun) -> str:
    """What people added to it later."""
    parts = note_parts(run.record.notes)
    return section(
        "Notes", *(f"<p><span class=soft>{escape(head)}</span> {escape(text)}</p>" for head, text in parts)
    )


def _unsafe(run: LoadedRun) -> str:
    """The loudest lines of all."""
    items = run.record.figures.get("unsafe") or []
    if not items:
        return ""
    told = "".join(
        f"<li>{escape(_place(item))}: {escape(str(item.get('message', '')))}</li>" for item in items
    )
    return f'<div class="alarm"><b>NOT SAFE:</b> these safe values could not be written.<ul>{told}</ul></div>'


def _place(item: dict[str, object]) -> str:
    return ".".join(str(item[key]) for key in ("role", "attribute") if item.get(key) is not None)


def _figures(run: LoadedRun, shots: pl.DataFrame) -> str:
    summary, outcomes = run.record.summary, run.record.outcomes
    good = sum(outcomes.get(one, 0) for one in (Outcome.DONE, Outcome.PASSED))
    items = [("of " + f"{summary.shots_planned:,} shots ended well", f"{good:,}", "")]
    items += [
        (outcome.value, f"{number:,}", outcome.value)
        for outcome, number in sorted(outcomes.items(), key=lambda item: item[0].severity)
        if number and outcome not in (Outcome.DONE, Outcome.PASSED)
    ]
    again = int((shots["attempts"].fill_null(1) - 1).clip(0).sum())
    if again:
        items.append(("further tries" if again > 1 else "further try", f"{again:,}", "warn"))
    if run.record.faults:
        items.append(("faults", f"{len(run.record.faults):,}", "warn"))
    readings = [row for (_, what), row in run.record.tallies.items() if what == "readings"]
    if readings:
        planned, ok, late, *lost = (sum(column) for column in zip(*readings, strict=True))
        items.append((f"of {planned:,} readings taken", f"{ok + late:,}", "warn" if sum(lost) else ""))
    kept = cadence(run.events())
    if kept is not None:
        told = f"of {kept.kept + kept.missed:,} starts kept the cadence"
        items.append((told, f"{kept.kept:,}", "warn" if kept.missed else ""))
    latest = max((one["p99_ns"] for one in run.record.figures.get("lateness", {}).values()), default=None)
    if latest is not None and "virtual-time" not in summary.stamps:
        items.append(("late at most, 99 % of the latest channel", lateness(latest), ""))
    return facts(items)
