"""What the results of an attempt say, told as events and in one sentence."""

from shotlane.execution._attempt import Attempt
from shotlane.execution._journal import Journal
from shotlane.records import ResultRow


def tell_verdicts(attempt: Attempt, journal: Journal) -> None:
    """An event for every verdict that did not hold."""
    for row in attempt.judged.rows:
        if row.verdict == "failed":
            told = row._asdict()
            told.pop("verdict")
            journal.tell("verdict.failed", result=told.pop("name"), **told)
    for result, message in attempt.judged.faults:
        journal.tell("verdict.errored", result=result, message=message)


def why_failed(attempt: Attempt) -> str:
    """Why an attempt failed by what it measured."""
    first = attempt.trouble.first
    if first is not None:
        return first.message
    told = [_told(row) for row in attempt.judged.rows if row.verdict == "failed"]
    told += [f"{result}: {message}" for result, message in attempt.judged.faults]
    return "; ".join(told)


def _told(row: ResultRow) -> str:
    value = _valued(row, row.value)
    if row.equals is not None:
        return f"{row.name} is {value}, not {_valued(row, row.equals)}"
    if row.low is not None and not row.value >= row.low:
        return f"{row.name} is {value}, below {_valued(row, row.low)}"
    return f"{row.name} is {value}, above {_valued(row, row.high)}"


def _valued(row: ResultRow, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    number = f"{value:.6g}" if isinstance(value, float | int) else str(value)
    return f"{number} {row.unit}" if row.unit else number
