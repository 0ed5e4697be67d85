"""What a run needs beside its documents, and what it was told before: found out before anything is opened."""

import json

from shotlane.api._part import Part
from shotlane.api._prepare import Prepared
from shotlane.diagnostics import Report
from shotlane.instruments import mask_known
from shotlane.optimize import Optimizer, Told, check_installed
from shotlane.plan import AskEnding, ShotPlan


def refuse_unready(prepared: Prepared, report: Report, *, attended: bool) -> None:
    """Report functions of results that cannot be loaded, and an optimiser or a person who is not there."""
    plan = prepared.plan
    if not attended and not prepared.options.virtual_time:
        _refuse_questions(prepared, report)
    if plan.optimization is not None and (missing := check_installed()) is not None:
        report.error("RUN009", "`optimize` needs an optimiser that is not installed", help=missing)
    results = plan.shot(1).results
    if any(result.python is not None for result in results):
        from shotlane.results import prepare  # late: most sequences call no function

        for fault in prepare(results):
            # Whatever the file raised as it was loaded; nothing is open yet that knows its own secrets.
            report.error("SEQ232", f"result '{fault.result}' cannot be used: {mask_known(fault.message)}")


def _refuse_questions(prepared: Prepared, report: Report) -> None:
    """Steps that wait for a person would fail, one shot after the other."""
    for one in (prepared.before, prepared, prepared.after):
        asked = [] if one is None else [text for text in _questions(one.plan.shot(1))]
        if asked:
            message = f"a step waits for somebody to answer, and nobody can be asked: {'; '.join(asked)}"
            report.error("RUN013", message, help="start the run at a terminal, without --quiet and --json")


def _questions(shot: ShotPlan) -> list[str]:
    return [segment.ending.text for segment in shot.segments if isinstance(segment.ending, AskEnding)]


def optimizer_for(prepared: Prepared, store: str, part: Part | None) -> Optimizer | None:
    """What asks for the shots of a plan, if anything does; in a run that goes on it knows its other shots."""
    if prepared.plan.optimization is None:
        return None
    told = [] if part is None or part.resumes is None else _told(store, part.resumes)
    return Optimizer(prepared.plan, told)


def _told(store: str, run: int) -> list[Told]:
    """What came of the shots of a run, as its store has it."""
    from shotlane.store import open_reader  # late: SQLAlchemy

    with open_reader(store) as reader:
        return [
            Told.of(json.loads(fields))
            for _, _, _, type_, *_, fields in reader.events(run)
            if type_ == "optimize.told"
        ]
