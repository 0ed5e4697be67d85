"""What running and resuming have in common: the bar, the keys, complaints, and the last lines."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, Protocol

from shotlane.api import Prepared, Run, refuse_unready
from shotlane.cli import has_told
from shotlane.cli._bar import progress_bar
from shotlane.cli._db import warn_of_spools
from shotlane.cli._in_use import in_use_complaint, store_wait_s, tell_waiting, wait_s
from shotlane.cli._keys import attended, is_attended
from shotlane.cli._output import Complaint, form_of, print_json, print_report, say, store_complaints, tell
from shotlane.cli._summary import run_as_json, run_summary
from shotlane.diagnostics import Report
from shotlane.execution import Control, Progress, TimingRefusedError
from shotlane.instruments import InUseError


class Begin(Protocol):
    """Runs something prepared, as `shotlane.api.start` does."""

    def __call__(self, **terms: Any) -> Run:
        """Return when it has ended."""


def check_terms(arguments: argparse.Namespace) -> None:
    """Complain of what is wrong in the arguments of `_add_terms`, before anything is told of the run.

    A store that a run number is read from is there, or is told to be missing where it is read.
    """
    wait_s(arguments.wait)
    store_wait_s(arguments.wait_for_store)
    if arguments.store and not isinstance(getattr(arguments, "run", None), int):
        from shotlane.store import check_address  # late: SQLAlchemy

        with store_complaints():
            check_address(arguments.store)


def run_and_tell(arguments: argparse.Namespace, prepared: Prepared, begin: Begin) -> int:
    """Run, and say how it went; the exit status."""
    report = Report()
    shows_text = not arguments.json and not arguments.quiet
    shows_bar = shows_text and sys.stderr.isatty()
    refuse_unready(prepared, report, attended=is_attended(shown=shows_bar))
    if not report.ok:
        print_report(report, form_of(arguments))
        return 2
    # Up to the last line: a late Ctrl-C must not hide how the run ended.
    with ExitStack() as signals:
        with _complaints(prepared):
            run = _run(arguments, prepared, begin, signals, shows_bar=shows_bar)
        if arguments.json:
            print_json(run_as_json(run, prepared))
        elif shows_text or run.outcome.exit_status:
            say(run_summary(run, prepared))
            warn_of_spools(run.address)
        has_told(run.outcome.exit_status)
    return run.outcome.exit_status


def _run(
    arguments: argparse.Namespace, prepared: Prepared, begin: Begin, signals: ExitStack, *, shows_bar: bool
) -> Run:
    progress, control = Progress(), Control()
    progress.alarm = tell
    with (
        attended(control, progress, shown=shows_bar) as person,
        progress_bar(progress, person, shown=shows_bar),
    ):
        return begin(
            control=control,
            progress=progress,
            wait_s=wait_s(arguments.wait),
            store_wait_s=store_wait_s(arguments.wait_for_store),
            waiting=partial(tell_waiting, prepared.station),
            signals=signals,
            timing=arguments.timing,
            asker=person,
        )


@contextmanager
def _complaints(prepared: Prepared) -> Iterator[None]:
    from shotlane.records import RecorderError

    try:
        with store_complaints():
            yield
    except TimingRefusedError as error:
        raise Complaint(f"real-time priority cannot be had: {error}; nothing was touched") from error
    except InUseError as error:
        raise in_use_complaint(error, prepared.station) from error
    except RecorderError as error:
        raise Complaint(f"nothing was run, because it could not be recorded: {error}", 3) from error
