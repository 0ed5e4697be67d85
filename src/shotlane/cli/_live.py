"""What runs live, as `shotlane plan` shows it: open-ended steps, results with their limits, interlocks."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from shotlane.cli._text import duration, table
from shotlane.cli._text import value as as_written
from shotlane.plan import LiveSummary, OpenSummary, ResultSummary


def live_tables(live: LiveSummary) -> str:
    """A table for each kind that there is."""
    return "\n\n".join(_tables(live))


def live_json(live: LiveSummary) -> dict[str, Any]:
    """The same for programs; nothing where nothing runs live."""
    return {key: value for key, value in asdict(live).items() if value}


def _tables(live: LiveSummary) -> Iterator[str]:
    if live.openings:
        rows = [[step.step, _condition(step), _timeout(step)] for step in live.openings]
        yield table(["open-ended step", "ends", "timeout"], rows)
    if live.results:
        rows = [[item.name, item.text, item.unit, _limits(item)] for item in live.results]
        more = "\n(limits of the first shot)" if any(item.varies for item in live.results) else ""
        yield table(["result", "value", "unit", "passes"], rows) + more
    if live.interlocks:
        rows = [
            [item.name, item.text, duration(item.delay_ns), duration(item.blind_ns)]
            for item in live.interlocks
        ]
        yield table(["interlock", "trips when", "acts within", "blind after"], rows)


def _condition(step: OpenSummary) -> str:
    if step.condition is None:
        return f"asks: {step.text}"
    held = f" for {duration(step.hold_ns)}" if step.hold_ns else ""
    return f"until {step.condition}{held}"


def _timeout(step: OpenSummary) -> str:
    if step.timeout_ns is None:
        return "no bound"
    then = "then goes on" if step.on_timeout == "continue" else "then fails"
    return f"{duration(step.timeout_ns)}, {then}"


def _limits(item: ResultSummary) -> str:
    """`1..2`, `>= 1`, `<= 2`, `= on`; empty where nothing is judged."""
    if item.equals is not None:
        return f"= {as_written(item.equals)}"
    if item.low is not None and item.high is not None:
        return f"{as_written(item.low)}..{as_written(item.high)}"
    if item.low is not None:
        return f">= {as_written(item.low)}"
    return f"<= {as_written(item.high)}" if item.high is not None else ""
