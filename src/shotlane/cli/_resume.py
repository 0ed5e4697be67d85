"""`shotlane resume`: go on with a run that was killed, stopped, or left shots behind."""

import argparse
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from pathlib import Path

from shotlane.api import (
    NothingLeftError,
    ResumeError,
    Resumption,
    check_resumption,
    go_on,
    prepare_resumption,
    shot_ranges,
)
from shotlane.cli._archives import archive_complaints
from shotlane.cli._output import Complaint, form_of, print_json, print_report, say, store_complaints
from shotlane.cli._running import check_terms, run_and_tell
from shotlane.cli._where import store_of
from shotlane.diagnostics import Report


def main(arguments: argparse.Namespace) -> int:
    """Say what is left, and run it."""
    check_terms(arguments)
    report = Report()
    try:
        with _complaints(arguments.run), store_complaints():
            found = prepare_resumption(
                arguments.run,
                report,
                store=store_of(arguments) if isinstance(arguments.run, int) else arguments.store,
                changed=arguments.changed,
                only_told=arguments.dry_run,
            )
        if found is not None and not arguments.dry_run:
            check_resumption(found, trusted=arguments.trust)
    except NothingLeftError as left:
        return _tell_complete(left, arguments)
    except ResumeError as error:
        raise Complaint(str(error)) from error
    if found is None:
        print_report(report, form_of(arguments))
        return 2
    if arguments.dry_run and arguments.json:
        print_json(_as_json(found))
    elif not arguments.json and not arguments.quiet:
        print_report(report)
        say("\n".join(_lines(found)))
    return 0 if arguments.dry_run else run_and_tell(arguments, found.prepared, partial(go_on, found))


def _tell_complete(left: NothingLeftError, arguments: argparse.Namespace) -> int:
    """Say that nothing is left; the exit status is that of the run, as if it had just ended."""
    if arguments.json:
        print_json({"run": left.run, "shots": [], "shots_planned": left.shots, "outcome": left.outcome.value})
    elif not arguments.quiet:
        say(f"{left}; it ended {left.outcome.value}")
    return 0 if arguments.dry_run else left.outcome.exit_status


def _complaints(run: int | Path) -> AbstractContextManager[None]:
    """A run of a store needs nothing of archives, which takes time to import."""
    return nullcontext() if isinstance(run, int) else archive_complaints()


def _lines(found: Resumption) -> list[str]:
    plan, part = found.prepared.plan, found.part
    shots = f"shots {shot_ranges(part.shots)} of {len(plan)}"
    if part.resumes is not None:
        lines = [f"resumes run {found.run}: {shots}"]
    else:
        lines = [f"a new run in place of run {found.run}, with the files of today: {shots}"]
    lines += [f"  {plan.sequence} on {plan.station}, opens {', '.join(plan.roles) or 'nothing'}"]
    used = "" if part.follows else "; not used, --changed uses it"
    lines += [f"  python     {told}" for told in found.python]
    return [*lines, *(f"  changed    {change}{used}" for change in found.changes)]


def _as_json(found: Resumption) -> dict[str, object]:
    return {
        "run": found.run,
        "new_run": found.part.resumes is None,
        "shots": list(found.part.shots),
        "shots_planned": len(found.prepared.plan),
        "changed": [str(change.path) for change in found.changes],
        "python": list(found.python),
    }
