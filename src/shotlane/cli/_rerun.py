"""`shotlane rerun`: a run made again as it was, told first what differs since."""

import argparse
from collections.abc import Iterator
from functools import partial
from typing import Any

from shotlane.api import (
    Options,
    Rerun,
    ResumeError,
    Run,
    check_rerun,
    prepare_rerun,
    refuse_unanswered,
    start_in_order,
)
from shotlane.cli._archives import archive_complaints
from shotlane.cli._diff_lines import comparison_lines
from shotlane.cli._output import Complaint, form_of, print_json, print_report, say, store_complaints
from shotlane.cli._overview import overview
from shotlane.cli._running import check_terms, run_and_tell
from shotlane.cli._text import count, hanging
from shotlane.diagnostics import Report

_SHOWN = 8


def main(arguments: argparse.Namespace) -> int:
    """Say what differs, and run it."""
    check_terms(arguments)
    report = Report()
    found = _found(arguments, report)
    if found is not None:
        refuse_unanswered(found.prepared, report)
    shows_text = not arguments.json and not arguments.quiet
    if not report.ok or shows_text:
        print_report(report, form_of(arguments))
    if found is None or not report.ok:
        return 2
    if shows_text:
        say("\n".join(_lines(found)))
        say(overview(found.prepared))
    if arguments.dry_run:
        if arguments.json:
            print_json(_as_json(found))
        return 0
    try:
        changed = arguments.changed or arguments.station is not None
        check_rerun(found, changed=changed, trusted=arguments.trust)
    except ResumeError as error:
        raise Complaint(str(error)) from error
    made: list[int] = []
    status = run_and_tell(arguments, found.prepared, partial(_begin, arguments, found, made))
    if shows_text and made:
        other = found.archive or found.run
        say(f"  compare    shotlane diff {other} {made[0]}")
    return status


def _found(arguments: argparse.Namespace, report: Report) -> Rerun | None:
    options = Options(arguments.station, {}, arguments.mock, arguments.virtual_time, arguments.confirm)
    try:
        with archive_complaints(), store_complaints():
            return prepare_rerun(arguments.run, report, options, store=arguments.store)
    except ResumeError as error:
        raise Complaint(str(error)) from error


def _begin(arguments: argparse.Namespace, found: Rerun, made: list[int], **terms: Any) -> Run:
    run = start_in_order(found.prepared, store=arguments.store, seed=found.seed, **terms)
    made.append(run.number)
    return run


def _lines(found: Rerun) -> Iterator[str]:
    """What is run again, and what is not as it was."""
    where = f" of {found.archive}" if found.archive else ""
    options = found.prepared.options
    given = [f"-p {name}={text!r}" for name, text in options.parameters.items()]
    yield f"repeats run {found.run}{where}, with seed {found.seed}{''.join(f', {one}' for one in given)}"
    for told in found.instruments:
        yield from hanging("  station    ", told)
    for role, identity in (found.identities or {}).items():
        yield from hanging("  identity   ", f"{role} was {identity}")
    yield from _files(found)
    for version in found.versions:
        yield from hanging("  version    ", version)
    if found.code is not None:
        yield from hanging("  code       ", found.code)
    for told in found.python:
        yield from hanging("  python     ", told)
    if found.plan is not None:
        first, *rest = comparison_lines(found.plan)
        yield f"  plan       {first}"
        yield from (f"    {line}" for line in rest if line)


def _as_json(found: Rerun) -> dict[str, Any]:
    return {
        "run": found.run,
        "archive": None if found.archive is None else str(found.archive),
        "seed": found.seed,
        "parameters": dict(found.prepared.options.parameters),
        "files": [str(change) for change in found.files],
        "instruments": list(found.instruments),
        "identities": dict(found.identities or {}),
        "versions": list(found.versions),
        "code": found.code,
        "python": list(found.python),
        "plan": "identical" if found.plan is None else str(found.plan.verdict),
    }


def _files(found: Rerun) -> Iterator[str]:
    """Files that are others here; the texts of then are used."""
    gone = [change for change in found.files if change.since is None]
    for change in [one for one in found.files if one.since is not None][:_SHOWN]:
        yield from hanging("  changed    ", f"{change}; not used")
    if gone:
        yield f"  documents  {count(len(gone), 'file')} of then {'is' if len(gone) == 1 else 'are'} not here"
