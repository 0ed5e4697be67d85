"""`shotlane plan`: shots, durations, lanes, limits, instruments and load; or the actions of one shot."""

import argparse
from collections.abc import Iterator
from heapq import merge
from itertools import islice
from typing import Any

from shotlane.api import Options, Prepared, parse_overrides, refuse_unanswered, save
from shotlane.cli._lanes import lanes_picture
from shotlane.cli._live import live_json, live_tables
from shotlane.cli._output import Complaint, form_of, print_json, print_report, say
from shotlane.cli._overview import overview
from shotlane.cli._plot import PlotError, draw
from shotlane.cli._prepared import prepare_any
from shotlane.cli._text import count, instants, table, value, whole_duration
from shotlane.diagnostics import Report
from shotlane.plan import (
    ChannelSummary,
    CompiledPlan,
    PlanFileError,
    PortPlan,
    PortSummary,
    ReadingRule,
    ShotPlan,
    decode,
)

_ACTIONS_SHOWN = 10_000


def main(arguments: argparse.Namespace) -> int:
    """Show the plan."""
    report = Report()
    overrides = parse_overrides(arguments.parameters, report)
    options = Options(arguments.station, overrides, arguments.mock)
    prepared = prepare_any(arguments.file, report, options)
    if not report.ok or not arguments.json:
        print_report(report, form_of(arguments))
    if prepared is None or not report.ok:
        return 2
    if arguments.save is not None:
        refuse_unanswered(prepared, report)
    if not report.ok:
        print_report(report, form_of(arguments))
        return 2
    if arguments.save is not None or arguments.plot is not None:
        _write(prepared, arguments)
    elif arguments.shot is not None:
        _show_shot(prepared.plan, arguments.shot, as_json=arguments.json)
    elif arguments.json:
        print_json(_as_json(prepared.plan))
    else:
        say(_text(prepared))
    return 0


def _write(prepared: Prepared, arguments: argparse.Namespace) -> None:
    """Save the plan, draw it, or both."""
    number = arguments.shot or 1
    try:
        if arguments.save is not None:
            save(prepared, arguments.save)
            say(f"{arguments.save}: {count(len(prepared.plan), 'shot')}, plan digest {prepared.plan.digest}")
        if arguments.plot is not None:
            _check_shot(prepared.plan, number)
            draw(prepared.plan, prepared.plan.shot(number), arguments.plot)
            say(f"{arguments.plot}: lanes of shot {number}")
    except (OSError, PlotError, PlanFileError) as error:
        raise Complaint(str(error)) from error


def _check_shot(plan: CompiledPlan, number: int) -> None:
    if not 1 <= number <= len(plan):
        raise Complaint(f"there is no shot {number}: the plan has {count(len(plan), 'shot')}, counted from 1")


def _text(prepared: Prepared) -> str:
    plan = prepared.plan
    parts = [
        overview(prepared),
        _channels(plan),
        lanes_picture(plan),
        live_tables(plan.summary.live),
        _ports(plan),
        f"plan digest {plan.digest}",
    ]
    return "\n\n".join(part for part in parts if part)


def _channels(plan: CompiledPlan) -> str:
    header = ["channel", "unit", "set to", "limits", "sets", "readings"]
    rows = [
        [
            item.name,
            item.unit,
            _range(item.low, item.high),
            _range(*item.limits),
            f"{item.sets:,}" if item.sets else "",
            f"{item.readings:,}" if item.readings else "",
        ]
        for item in plan.summary.channels
    ]
    most = ", at most" if plan.summary.open_ended else ""
    return table(header, rows, right=frozenset({4, 5})) + f"\n(sets and readings of the first shot{most})"


def _range(low: float | None, high: float | None) -> str:
    if low is None and high is None:
        return ""
    if low == high and low is not None:
        return value(low)
    return f"{'' if low is None else value(low)}..{'' if high is None else value(high)}"


def _ports(plan: CompiledPlan) -> str:
    def load(port: PortSummary) -> str:
        return "" if port.load is None else f"{port.load * 100:.0f} %"

    rows = [[", ".join(port.roles), port.port, load(port)] for port in plan.summary.ports]
    return table(["instruments", "port", "load"], rows, right=frozenset({2}))


def _show_shot(plan: CompiledPlan, number: int, *, as_json: bool) -> None:
    _check_shot(plan, number)
    shot = plan.shot(number)
    rows = list(islice(_actions(plan, shot), _ACTIONS_SHOWN + 1))
    if as_json:
        keys = ("t_s", "channel", "what", "value")
        actions = [dict(zip(keys, (row[0] / 1e9, *row[3:]), strict=True)) for row in rows]
        print_json(
            {"shot": number, "parameters": dict(shot.parameters), "digest": shot.digest, "actions": actions}
        )
        return
    parameters = "  ".join(
        f"{name}={value(number_, plan.points.units.get(name))}" for name, number_ in shot.parameters.items()
    )
    most = "at most " if shot.open_ended else ""
    say(f"shot {number} of {len(plan)}, {most}{whole_duration(shot.duration_ns)}")
    say(f"  {parameters}\n  shot digest {shot.digest}\n")
    if shot.open_ended:
        say("(times behind an open-ended step are as if it lasted its longest)\n")
    initial = [["set-up", *_set_cells(plan, item.channel, item.value)] for item in shot.initial]
    rows_shown = rows[:_ACTIONS_SHOWN]
    times = instants(row[0] for row in rows_shown)
    shown = [[at, row[3], row[4], value(row[5])] for at, row in zip(times, rows_shown, strict=True)]
    say(table(["t (s)", "channel", "what", "value"], initial + shown))
    if len(rows) > _ACTIONS_SHOWN:
        say(f"... the first {_ACTIONS_SHOWN:,} are shown")


def _set_cells(plan: CompiledPlan, channel: int, setting: Any) -> list[str]:
    unit = plan.channels[channel].attribute.unit
    return [plan.channels[channel].name, "set", value(setting, unit.text if unit else None)]


# (target_ns, rank, order, channel or role, what, value)
Entry = tuple[int, int, int, str, str, Any]


def _actions(plan: CompiledPlan, shot: ShotPlan) -> Iterator[Entry]:
    """Everything a shot does, in order of time, without expanding its readings beforehand."""
    offset_ns = 0
    for segment in shot.segments:
        ports = [stream for port in segment.ports.values() for stream in _port_entries(plan, port, offset_ns)]
        yield from merge(*ports, key=lambda entry: entry[:4])
        offset_ns += segment.duration_ns


def _port_entries(plan: CompiledPlan, port: PortPlan, offset_ns: int) -> Iterator[Iterator[Entry]]:
    yield _sets(plan, port, offset_ns)
    yield iter(
        [
            (
                offset_ns + call.target_ns,
                call.rank,
                call.order,
                call.role,
                "call",
                _call_text(call.command.name, call.arguments),
            )
            for call in port.calls
        ]
    )
    for rule in port.readings:
        yield _reads(plan.channels[rule.channel].name, rule, offset_ns)


def _reads(name: str, rule: ReadingRule, offset_ns: int) -> Iterator[Entry]:
    for n in range(rule.count):
        yield (offset_ns + rule.start_ns + n * rule.period_ns, rule.rank, rule.order, name, "read", "")


def _sets(plan: CompiledPlan, port: PortPlan, offset_ns: int) -> Iterator[Entry]:
    table_ = port.actions
    for index in range(len(table_)):
        channel = plan.channels[int(table_.channel[index])]
        setting = decode(channel, float(table_.value[index]), plan.texts)
        unit = channel.attribute.unit
        yield (
            offset_ns + int(table_.target_ns[index]),
            int(table_.rank[index]),
            int(table_.order[index]),
            channel.name,
            "set",
            value(setting, unit.text if unit else None),
        )


def _call_text(name: str, arguments: Any) -> str:
    return f"{name}({', '.join(f'{key}={value(item)}' for key, item in arguments.items())})"


def _channel_json(item: ChannelSummary) -> dict[str, Any]:
    return {
        "name": item.name,
        "unit": item.unit or None,
        "low": item.low,
        "high": item.high,
        "limits": list(item.limits),
        "sets": item.sets,
        "readings": item.readings,
    }


def _as_json(plan: CompiledPlan) -> dict[str, Any]:
    summary = plan.summary
    return {
        "sequence": plan.sequence,
        "station": plan.station,
        "digest": plan.digest,
        "shots": summary.shots,
        "shot_ns": list(summary.shot_ns),
        "total_ns": summary.total_ns,
        "swept": list(plan.points.swept),
        "steps": [
            {
                "name": step.name,
                "shortest_ns": step.shortest_ns,
                "longest_ns": step.longest_ns if step.bounded else None,
            }
            for step in summary.steps
        ],
        **live_json(summary.live),
        "channels": [_channel_json(item) for item in summary.channels],
        "ports": [
            {"port": port.port, "roles": list(port.roles), "load": port.load} for port in summary.ports
        ],
    }
