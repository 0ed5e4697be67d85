"""`run-sequence`: plan first, a bar while it runs, and a summary that says what happened."""

import argparse
from functools import partial

from shotlane.api import Options, Prepared, parse_overrides, start_in_order
from shotlane.cli._capture import captured
from shotlane.cli._labels import with_answers
from shotlane.cli._output import form_of, print_report, say
from shotlane.cli._overview import overview
from shotlane.cli._prepared import prepare_any
from shotlane.cli._running import check_terms, run_and_tell
from shotlane.diagnostics import Report


def main(arguments: argparse.Namespace) -> int:
    """Check, show, run, tell."""
    check_terms(arguments)
    prepared = _prepare(arguments)
    if prepared is None:
        return 2
    if not arguments.json and not arguments.quiet:
        say(overview(prepared))
    begin = partial(start_in_order, prepared, store=arguments.store, seed=arguments.seed)
    with captured(arguments) as capture:
        return run_and_tell(arguments, prepared, partial(begin, capture=capture))


def _prepare(arguments: argparse.Namespace) -> Prepared | None:
    report = Report()
    overrides = parse_overrides(arguments.parameters, report)
    options = Options(arguments.station, overrides, arguments.mock, arguments.virtual_time, arguments.confirm)
    prepared = prepare_any(arguments.file, report, options)
    if prepared is not None:
        prepared, report = with_answers(prepared, report)
    if not report.ok or not (arguments.json or arguments.quiet):
        print_report(report, form_of(arguments))
    return prepared if report.ok else None
