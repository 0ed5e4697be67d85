"""`shotlane diff`: two sequences, saved plans, runs or archives.

Sequences and plans by what was written and by what is then done; runs by what changed between them too, and
by what it did.
"""

import argparse
from dataclasses import asdict
from pathlib import Path

from shotlane.api import Options, parse_overrides
from shotlane.cli._diff_lines import comparison_lines
from shotlane.cli._output import Complaint, print_json, print_report, say
from shotlane.cli._prepared import prepare_any
from shotlane.diagnostics import Report
from shotlane.plan import CompiledPlan, PlanFileError, compare_plans, is_plan_file, load_plan


def main(arguments: argparse.Namespace) -> int:
    """Compare; exit status 0 when both do the same, 1 when they differ, 2 when one cannot be used."""
    places = (arguments.one, arguments.other)
    runs = [_is_run(place) for place in places]
    if all(runs):
        from shotlane.cli._run_diff import diff  # late: polars, SQLAlchemy
        from shotlane.cli._where import store_of

        return diff(*places, store_of(arguments), json=arguments.json)
    if any(runs):
        raise Complaint("a run is compared with a run, and a document with a document or a plan")
    return _diff_plans(arguments, *map(Path, places))


def _is_run(text: str) -> bool:
    """Whether it is the number of a run, or an archive."""
    if text.isdecimal():
        return True
    path = Path(text)
    return (path / "bagit.txt").is_file() or (path.suffix.lower() == ".zip" and path.is_file())


def _diff_plans(arguments: argparse.Namespace, *places: Path) -> int:
    report = Report()
    options = Options(arguments.station, parse_overrides(arguments.parameters, report), arguments.mock)
    one, other = (_plan(path, report, options) for path in places)
    if not report.ok or one is None or other is None:
        print_report(report)
        return 2
    comparison = compare_plans(one, other)
    if arguments.json:
        print_json(asdict(comparison))
    else:
        say("\n".join(comparison_lines(comparison)))
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
