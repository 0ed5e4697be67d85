"""`run-sequence`: plan first, a bar while it runs, and a summary that says what happened."""

import argparse
import sys
from contextlib import ExitStack
from functools import partial

from shotlane.api import Options, Prepared, Run, parse_overrides, start
from shotlane.cli._bar import progress_bar
from shotlane.cli._in_use import in_use_complaint, tell_waiting, wait_s
from shotlane.cli._output import Complaint, form_of, print_json, print_report, say, store_complaints
from shotlane.cli._overview import overview
from shotlane.cli._prepared import prepare_any
from shotlane.cli._summary import run_as_json, run_summary
from shotlane.diagnostics import Report
from shotlane.execution import Progress
from shotlane.instruments import InUseError


def main(arguments: argparse.Namespace) -> int:
    """Check, show, run, tell."""
    prepared = _prepare(arguments)
    if prepared is None:
        return 2
    shows_text = not arguments.json and not arguments.quiet
    if shows_text:
        say(overview(prepared))
    # Up to the last line: a late Ctrl-C must not hide how the run ended.
    with ExitStack() as signals:
        run = _start(prepared, arguments, signals, shows_bar=shows_text and sys.stderr.isatty())
        if arguments.json:
            print_json(run_as_json(run, prepared))
        elif shows_text or run.outcome.exit_status:
            say(run_summary(run, prepared))
    return run.outcome.exit_status


def _prepare(arguments: argparse.Namespace) -> Prepared | None:
    report = Report()
    overrides = parse_overrides(arguments.parameters, report)
    options = Options(arguments.station, overrides, arguments.mock, arguments.virtual_time, arguments.confirm)
    prepared = prepare_any(arguments.file, report, options)
    if not report.ok or not (arguments.json or arguments.quiet):
        print_report(report, form_of(arguments))
    return prepared if report.ok else None


def _start(prepared: Prepared, arguments: argparse.Namespace, signals: ExitStack, *, shows_bar: bool) -> Run:
    from shotlane.records import RecorderError

    progress = Progress()
    try:
        with store_complaints(), progress_bar(progress, shown=shows_bar):
            return start(
                prepared,
                store=arguments.store,
                seed=arguments.seed,
                progress=progress,
                wait_s=wait_s(arguments.wait),
                waiting=partial(tell_waiting, prepared.station),
                signals=signals,
            )
    except InUseError as error:
        raise in_use_complaint(error, prepared.station) from error
    except RecorderError as error:
        raise Complaint(f"nothing was run, because it could not be recorded: {error}", 3) from error
