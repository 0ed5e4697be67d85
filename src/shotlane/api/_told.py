"""What a manager tells of its submissions, as plain values for the line, and what its clients make of them.

Diagnostics go with the line of the text that they point at, so that a client shows them as its own, with the
caret; of texts that only the manager has it learns no more than that line.
"""

from collections.abc import Callable, Mapping
from typing import Any

from shotlane.api._run import Run
from shotlane.api._sent import ManagerError
from shotlane.api._submission import Submission
from shotlane.diagnostics import Diagnostic, DocumentError, Note, Severity, Source, Span
from shotlane.execution import Phase, Progress, RunResult, Unsafe
from shotlane.records import Outcome

_SHOWN = ("run", "shots", "shot", "attempt", "shots_done", "shots_failed", "shots_errored", "shots_skipped")
_LINES = 1_000_000  # more than any document has
Rename = Callable[[str], str]


def told_submission(submission: Submission, rename: Rename) -> dict[str, Any]:
    """Where it stands; `rename`: of texts, to the names that its sender knows."""
    state, progress = submission.state, submission.progress.now
    told: dict[str, Any] = {
        "state": state.value,
        "number": submission.number,
        "progress": {**{name: getattr(progress, name) for name in _SHOWN}, "phase": progress.phase.value},
    }
    if state.ended:
        told["error"] = None if submission.error is None else told_error(submission.error, rename)
        told["run"] = None if submission.run is None else told_run(submission.run)
    return told


def told_run(run: Run) -> dict[str, Any]:
    """How a run ended; all else is in its archive."""
    result = run.result
    return {
        "number": run.number,
        "store": run.store,
        "outcome": result.outcome.value,
        "reason": result.reason,
        "shots_planned": result.shots_planned,
        "outcomes": {outcome.value: count for outcome, count in result.outcomes.items()},
        "attempts": result.attempts,
        "unsafe": [list(item) for item in result.unsafe],
        "left_out": run.left_out,
        "before": None if run.before is None else told_run(run.before),
        "after": None if run.after is None else told_run(run.after),
    }


def result_of(told: Mapping[str, Any]) -> RunResult:
    """The end of a run, as far as it was told."""
    return RunResult(
        told["number"],
        Outcome(told["outcome"]),
        told["reason"],
        told["shots_planned"],
        {Outcome(name): count for name, count in told["outcomes"].items()},
        told["attempts"],
        tallies=(),
        lateness={},
        faults=(),
        unsafe=tuple(Unsafe(*item) for item in told["unsafe"]),
    )


def take_progress(progress: Progress, told: Mapping[str, Any]) -> None:
    """Bring it up to date."""
    for name in _SHOWN:
        setattr(progress, name, told[name])
    progress.phase = Phase(told["phase"])


def told_error(error: BaseException, rename: Rename) -> dict[str, Any]:
    """What went wrong."""
    if isinstance(error, DocumentError):
        return {"diagnostics": [_told_diagnostic(item, rename) for item in error.diagnostics]}
    named = "" if isinstance(error, ManagerError) else f"{type(error).__name__}: "
    return {"message": f"{named}{error}"}


def error_of(told: Mapping[str, Any]) -> Exception:
    """The same again: `DocumentError` for mistakes, else `ManagerError`."""
    if "diagnostics" in told:
        return DocumentError([_diagnostic(item) for item in told["diagnostics"]])
    return ManagerError(str(told["message"]))


def _told_diagnostic(item: Diagnostic, rename: Rename) -> dict[str, Any]:
    notes = [{"message": note.message, "place": _told_span(note.span, rename)} for note in item.notes]
    place = None if item.span is None else _told_span(item.span, rename)
    said = {"code": item.code, "message": item.message, "help": item.help, "severity": item.severity.value}
    return {**said, "place": place, "notes": notes}


def _told_span(span: Span, rename: Rename) -> dict[str, Any]:
    where = {"file": rename(span.source.name), "line": span.line, "column": span.column}
    return {**where, "length": span.end - span.start, "text": span.source.line(span.line)}


def _diagnostic(told: Mapping[str, Any]) -> Diagnostic:
    return Diagnostic(
        told["code"],
        told["message"],
        None if told["place"] is None else _span(told["place"]),
        told["help"],
        Severity(told["severity"]),
        tuple(Note(note["message"], _span(note["place"])) for note in told["notes"]),
    )


def _span(told: Mapping[str, Any]) -> Span:
    """A place in a text of which only that line is known."""
    if not 0 < told["line"] <= _LINES:
        raise ManagerError(f"the manager speaks of line {told['line']} of {told['file']}")
    before = "\n" * (told["line"] - 1)
    start = len(before) + told["column"] - 1
    text = f"{before}{told['text']}"
    return Span(Source(told["file"], text), start, min(start + told["length"], len(text)))
