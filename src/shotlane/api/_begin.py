"""How a submission begins: checked and compiled, then run, unless somebody has interrupted it meanwhile."""

from collections.abc import Callable, Mapping
from typing import Any

from shotlane.api._in_order import start_in_order
from shotlane.api._prepare import Prepared, refuse_unanswered
from shotlane.api._ready import refuse_unready
from shotlane.api._run import Run
from shotlane.diagnostics import Report
from shotlane.execution import Control, Progress


def begin(
    prepared_in: Callable[[Report], Prepared | None],
    terms: Mapping[str, Any],
    control: Control,
    progress: Progress,
) -> Run | None:
    """Check, compile and run; None when somebody interrupted before there was anything to run.

    `prepared_in`: prepares, with every fault in a report. Raises `DocumentError`, and what `start` does.
    """
    report = Report()
    prepared = prepared_in(report)
    if prepared is not None:
        refuse_unanswered(prepared, report)
        refuse_unready(prepared, report, attended=terms["asker"] is not None)
    report.raise_if_errors()
    if prepared is None or control.request is not None:
        return None
    return start_in_order(prepared, control=control, progress=progress, **terms)
