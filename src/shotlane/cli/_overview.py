"""The compact plan that is shown before a run: what will happen, to what, for how long."""

from shutil import get_terminal_size

from shotlane.api import Prepared
from shotlane.cli._text import count, duration
from shotlane.cli._text import value as as_written
from shotlane.plan import Optimization, Points, Search, StepSummary

_INDENT = 13


def overview(prepared: Prepared) -> str:
    """A few lines about the run that is about to begin."""
    plan = prepared.plan
    summary = plan.summary
    lines = [f"{plan.sequence} on {plan.station}{_kind(prepared)}: {_size(prepared)}"]
    asked = plan.optimization
    searched = asked.start if asked is not None else {}
    lines += _row(
        "sweep", [_axis_text(plan.points, name) for name in plan.points.swept if name not in searched]
    )
    lines += _row("optimize", [] if asked is None else _search_text(asked, plan.points))
    lines += _row("steps", [f"{step.name} {_length(step)}" for step in summary.steps])
    lines += _row("asks", [f"{label.name}: {label.prompt}" for label in prepared.questions])
    lines.append(f"  opens      {', '.join(plan.roles) or 'nothing'}")
    for key, other in (("before", prepared.before), ("after", prepared.after)):
        if other is not None:
            lines.append(f"  {key:<10} {other.plan.sequence}: {_size(other)}")
    return "\n".join(lines)


def _row(label: str, parts: list[str]) -> list[str]:
    """Parts behind a label, as many in a line as the terminal has room for; nothing without parts."""
    width = get_terminal_size((100, 24)).columns - _INDENT
    rows: list[str] = []
    for part in parts:
        if rows and len(rows[-1]) + 2 + len(part) <= width:
            rows[-1] += f"  {part}"
        else:
            rows.append(part)
    return [f"  {'' if index else label:<{_INDENT - 2}}{row}" for index, row in enumerate(rows)]


def _size(prepared: Prepared) -> str:
    summary = prepared.plan.summary
    shots = count(summary.shots, "shot")
    cadence_ns = prepared.plan.cadence_ns
    every = f", one every {duration(cadence_ns)}" if cadence_ns and summary.shots > 1 else ""
    if not summary.bounded:
        least = duration(summary.shot_ns[0])
        return f"{shots} of at least {least}{every}, at least {duration(summary.total_ns)} in all"
    most = "at most " if summary.open_ended else ""
    return f"{shots} of {span(*summary.shot_ns)}{every}, {most}{duration(summary.total_ns)} in all"


def _length(step: StepSummary) -> str:
    """How long a step lasts, or at most lasts."""
    if not step.open_ended:
        return span(step.shortest_ns, step.longest_ns)
    if not step.bounded:
        return f"at least {duration(step.shortest_ns)}" if step.shortest_ns else "open-ended"
    return f"at most {duration(step.longest_ns)}"


def _kind(prepared: Prepared) -> str:
    """Whether this moves anything real."""
    options, roles = prepared.options, prepared.station.table.roles
    if options.virtual_time:
        return " (simulated, in virtual time)"
    if options.mock:
        return " (mocked)"
    return "" if any(roles[role].real for role in prepared.plan.roles) else " (simulated)"


def span(shortest_ns: int, longest_ns: int) -> str:
    """A duration, or its range over the sweep."""
    low, high = duration(shortest_ns), duration(longest_ns)
    if low == high:
        return low
    low_number, _, low_unit = low.partition(" ")
    same = high.partition(" ")[2] == low_unit  # not so for 1 min 02 s, which ends like 1.5 s
    return f"{low_number}..{high}" if same and " " not in low_unit else f"{low}..{high}"


def _search_text(asked: Optimization, points: Points) -> list[str]:
    """The goal of an optimiser, and what it searches."""
    goal = "maximize" if asked.maximize else "minimize"
    return [f"{goal} {asked.result}, {count(asked.shots, 'shot')}, over"] + [
        f"{search.name} {_range_text(search, points.units.get(search.name))}" for search in asked.over
    ]


def _range_text(search: Search, unit: str | None) -> str:
    if search.choices:
        return ", ".join(as_written(choice) for choice in search.choices)
    return f"{as_written(search.low)}..{as_written(search.high)}" + (f" {unit}" if unit else "")


_FEW = 4


def _axis_text(points: Points, name: str) -> str:
    values = list(dict.fromkeys(points.columns[name].tolist()))
    unit = points.units.get(name)
    suffix = f" {unit}" if unit else ""
    if len(values) <= _FEW or any(isinstance(value, str) for value in values):
        shown = [as_written(value) for value in values[:_FEW]]
        more = f", ... ({len(values)} values)" if len(values) > _FEW else ""
        return f"{name} {', '.join(shown)}{more}{suffix}"
    return f"{name} {min(values):.6g}..{max(values):.6g}{suffix} ({len(values)} values)"
