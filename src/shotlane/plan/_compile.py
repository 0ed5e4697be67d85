"""The compiler: every pass once, in its order; faults of all passes in one report."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path as FilePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.diagnostics import Report
from shotlane.document import Document
from shotlane.expression import Unit, ValueKind
from shotlane.model import ChannelTable, Sequence
from shotlane.plan._build_live import build_live
from shotlane.plan._check import check_program
from shotlane.plan._check_hardware import check_hardware
from shotlane.plan._compiled import CompiledPlan, Cutter
from shotlane.plan._data_file import DataFiles
from shotlane.plan._digest import canonical
from shotlane.plan._findings import Findings, shown
from shotlane.plan._given_by import GivenBy
from shotlane.plan._interlocks import StationRules
from shotlane.plan._lanes import Lanes, build_lanes
from shotlane.plan._load import check_loads, port_loads
from shotlane.plan._names import declare, override
from shotlane.plan._optimization import AskedPoint
from shotlane.plan._optimize import check_goal
from shotlane.plan._parameters import Parameters, resolve_parameters
from shotlane.plan._plan import Points, RetryPolicy, ShotPlan
from shotlane.plan._points import Table
from shotlane.plan._program import Program
from shotlane.plan._retry import build_cadence, build_retry, check_cadence, check_wait
from shotlane.plan._rounding import significant
from shotlane.plan._scope import Scope
from shotlane.plan._summary import summarise
from shotlane.plan._sweep import sweep_points
from shotlane.plan._term import Compiler
from shotlane.plan._timeline import build_timeline
from shotlane.plan._units import si_text
from shotlane.plan._unused_axes import check_unused_axes


def compile_sequence(
    sequence: Sequence,
    document: Document,
    table: ChannelTable,
    report: Report,
    *,
    overrides: Mapping[str, str] | None = None,
    given: GivenBy = GivenBy.COMMAND_LINE,
    folder: FilePath | None = None,
    rules: StationRules | None = None,
    files: DataFiles | None = None,
    asked: AskedPoint | None = None,
) -> CompiledPlan | None:
    """Compile a sequence for a station; None when the report has errors. Nothing is opened.

    `document`: with all that it includes, and plain lanes for those of lane kinds.
    `overrides`: values of parameters and labels by name, `given` as it says. `folder`: where
    files of sweep points and functions of results are looked for, unless `files` holds them. `rules`:
    interlocks of the station. `asked`: compile this point alone, as the only one of its sweep.
    """
    compiler = Compiler(document, report, Scope(), files or DataFiles(folder))
    declared = declare(sequence, document, table, report)
    override(declared, overrides or {}, given, report)
    parameters = resolve_parameters(compiler, declared)
    swept, optimization = sweep_points(
        compiler, declared, parameters, sequence.sweep, order=sequence.order, seed=sequence.seed, asked=asked
    )
    timeline = build_timeline(compiler, sequence)
    lanes = build_lanes(compiler, sequence, table, timeline, asked.texts if asked is not None else ())
    live = build_live(compiler, sequence, table, lanes, timeline, rules)
    triggers = check_hardware(sequence, document, lanes, live, timeline, report)
    if optimization is not None:
        check_goal(compiler, sequence, optimization, live.results)
    retry = build_retry(compiler, sequence, table)
    cadence_ns = build_cadence(compiler, sequence)
    program = Program(compiler.scope, timeline, lanes, live)
    points = _points(program, parameters, list(declared.parameters) + list(declared.labels), swept)
    findings = Findings(program.scope.count, lambda index: _point_text(points, index))
    ranges = check_program(program, findings, report, triggers)
    findings.report(report)
    if not report.ok:
        return None
    loads = port_loads(program)
    check_loads(loads, sequence.lanes, document, report)
    if not report.ok:
        return None
    check_unused_axes(compiler, sequence, declared)
    summary = summarise(program, table, ranges, loads, cadence_ns)
    check_cadence(cadence_ns, summary, document, report)
    first, _ = live.at(compiler.scope.rows(0, 1), 0)
    check_wait(retry, first.interlocks, lanes.channels, document, report)
    return CompiledPlan(
        sequence.sequence,
        table.station,
        sequence.description,
        tuple(sequence.tags),
        tuple(lanes.channels),
        tuple(lanes.plans),
        tuple(lanes.roles),
        tuple(lanes.texts.index),
        points,
        retry,
        cadence_ns,
        summary,
        _content(document, retry, cadence_ns, lanes),
        Cutter(program, points, _ports(lanes, table)),
        files=compiler.files.texts,
        on_fail=sequence.on_fail,
        between=sequence.between,
        optimization=optimization,
        compile_point=partial(
            _shot_of, sequence, document, table, overrides=overrides, rules=rules, files=compiler.files
        ),
    )


def _shot_of(
    sequence: Sequence,
    document: Document,
    table: ChannelTable,
    point: AskedPoint,
    *,
    overrides: Mapping[str, str] | None,
    rules: StationRules | None,
    files: DataFiles,
) -> ShotPlan | str:
    """The shot of one point that was asked for, or why it is not allowed."""
    report = Report()
    plan = compile_sequence(
        sequence, document, table, report, overrides=overrides, rules=rules, files=files, asked=point
    )
    return report.errors[0].message if plan is None else replace(plan.shot(1), number=point.number)


def _ports(lanes: Lanes, table: ChannelTable) -> dict[str, frozenset[int]]:
    """Ports of the roles in use, in the order of the station, with the channels on each."""
    ports = dict.fromkeys(table.roles[role].port for role in lanes.roles)
    return {
        port: frozenset(index for index, channel in enumerate(lanes.channels) if channel.port == port)
        for port in ports
    }


def _points(program: Program, parameters: Parameters, names: list[str], swept: Table) -> Points:
    """Every parameter and label over all points, in the unit of its column."""
    scope = program.scope
    columns: dict[str, NDArray[Any]] = {}
    units: dict[str, str | None] = {}
    for name in [*names, *(["repeat"] if "repeat" in swept.columns else [])]:
        if name in scope.values:
            unit = parameters.units.get(name)
            columns[name] = _column(scope, name, unit)
            units[name] = _unit_text(scope, name, unit)
    return Points(columns, units, scope.count, tuple(swept.columns))


def _column(scope: Scope, name: str, unit: Unit | None) -> NDArray[Any]:
    value = scope.values[name]
    kind = scope.types[name].kind
    if kind is ValueKind.TEXT:
        array = np.asarray(value, dtype=object)
    elif kind is ValueKind.BOOLEAN:
        array = np.asarray(value, dtype=np.bool_)
    else:
        numbers = np.asarray(value, dtype=np.float64)
        array = significant(unit.from_si(numbers) if unit is not None else numbers)
    return array if array.ndim else np.broadcast_to(array, (scope.count,))


def _unit_text(scope: Scope, name: str, unit: Unit | None) -> str | None:
    if scope.types[name].kind is not ValueKind.NUMBER:
        return None
    return unit.text or None if unit is not None else si_text(scope.types[name].dimension)


def _point_text(points: Points, index: int) -> str:
    """The swept parameters of a point, for a message."""
    texts = []
    for name in points.swept:
        if name in points.columns:
            value = points.columns[name][index]
            unit = points.units[name]
            text = str(value).lower() if isinstance(value, bool | np.bool_) else shown(value)
            texts.append(f"{name} = {text}{' ' + unit if unit else ''}")
    return ", ".join(texts)


def _content(document: Document, retry: RetryPolicy, cadence_ns: int | None, lanes: Lanes) -> bytes:
    """What the author asked for, without what does not matter to the instruments."""
    data = document.data
    sections = {key: data.get(key) for key in ("parameters", "labels", "timeline")}
    written = {
        name: {key: value for key, value in lane.items() if key != "description"}
        for name, lane in (data.get("lanes") or {}).items()
    }
    policy = [retry.attempts, sorted(retry.on), retry.delay_ns, retry.backoff, retry.then, retry.budget]
    policy += [retry.wait_ns] if retry.wait_ns else []
    plans = [
        [plan.channel, plan.action_tolerance_ns, plan.tick_tolerance_ns, plan.required, plan.max_missing]
        for plan in lanes.plans
    ]
    live = {key: data[key] for key in ("results", "interlocks", "on_fail", "between") if data.get(key)}
    makers = [dict(document.makers)] if document.makers else []
    return canonical([sections, written, policy, cadence_ns, plans, *([live] if live else []), *makers])
