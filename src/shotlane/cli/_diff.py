"""`shotlane diff`: two sequences or saved plans, by what was written and by what is then done."""

import argparse
from dataclasses import asdict
from pathlib import Path

from shotlane.api import Options, parse_overrides
from shotlane.cli._output import Complaint, print_json, print_report, say
from shotlane.cli._prepared import prepare_any
from shotlane.cli._text import count
from shotlane.diagnostics import Report
from shotlane.plan import (
    Comparison,
    CompiledPlan,
    Difference,
    PlanFileError,
    compare_plans,
    is_plan_file,
    load_plan,
)

_SHOWN = 40


def main(arguments: argparse.Namespace) -> int:
    """Compare; exit status 0 when both do the same, 1 when they differ, 2 when one cannot be used."""
    report = Report()
    options = Options(arguments.station, parse_overrides(arguments.parameters, report), arguments.mock)
    plans = [_plan(path, report, options) for path in (arguments.one, arguments.other)]
    one, other = plans
    if not report.ok or one is None or other is None:
        print_report(report)
        return 2
    comparison = compare_plans(one, other)
    if arguments.json:
        print_json(asdict(comparison))
    else:
        say(_text(comparison))
    return 1 if comparison.count else 0


def _plan(path: Path, report: Report, options: Options) -> CompiledPlan | None:
    """A saved plan is compared as it is, without its station."""
    try:
        if is_plan_file(path):
            return load_plan(path).plan
    except PlanFileError as error:
        raise Complaint(str(error)) from error
    prepared = prepare_any(path, report, options)
    return None if prepared is None else prepared.plan


def _text(comparison: Comparison) -> str:
    lines = [f"the plans are {comparison.verdict}"]
    if comparison.within:
        lines.append(f"{count(comparison.within, 'value')} differ by at most one resolution step")
    if comparison.written:
        lines += ["", "written", *(f"  {item}" for item in comparison.written)]
    if comparison.planned:
        lines += ["", "planned", *(f"  {_place(item)}{item.message}" for item in comparison.planned[:_SHOWN])]
    if comparison.count > _SHOWN:
        lines.append(f"  ... and {comparison.count - _SHOWN} more")
    return "\n".join(lines)


def _place(item: Difference) -> str:
    parts = [
        f"shot {item.shot}" if item.shot else "",
        item.lane or "",
        f"step '{item.step}'" if item.step else "",
    ]
    shown = ", ".join(part for part in parts if part)
    return f"{shown}: " if shown else ""
