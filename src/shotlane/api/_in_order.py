"""A sequence with those that run before and after it: runs of their own, one after the other.

What goes wrong before it leaves the sequence out. What comes after it runs whatever came of it, but not when
it was aborted or ended by a person. Each run tells in its record which one it stands beside.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from shotlane.api._given_parameters import given_parameters
from shotlane.api._prepare import Options, Prepared, prepare, refuse_unanswered
from shotlane.api._ready import refuse_unready
from shotlane.api._run import STORE_WAIT_S, Run, start
from shotlane.api._timing import TimingName
from shotlane.diagnostics import Report
from shotlane.execution import Asker, Progress, control_here
from shotlane.plan import GivenBy
from shotlane.records import Outcome

_ENDED = (Outcome.ABORTED, Outcome.TERMINATED)


def run(
    sequence: str | Path,
    parameters: Mapping[str, object] | None = None,
    *,
    station: str | None = None,
    mock: bool = False,
    virtual_time: bool = False,
    store: str | None = None,
    seed: int | None = None,
    wait: float = 0.0,
    wait_for_store: float = STORE_WAIT_S,
    confirm: bool = False,
    timing: TimingName | None = None,
    asker: Asker | None = None,
) -> Run:
    """Run a sequence and return when it has ended.

    `sequence`: a file, or the name of one in `sequences/` of the project. `parameters` override declared
    ones, values as in a sequence. `station` is a name or a file. `mock` replaces every instrument by its
    simulation. Raises `DocumentError` with every mistake before anything is touched; a run that went wrong is
    told by `Run.outcome`. `wait`: seconds to wait for instruments that another process uses, then
    `InUseError`. `timing`: `auto` takes real-time priority where the system grants it, `realtime` raises
    `TimingRefusedError` where it does not, `normal` leaves it; None: what the project says, else `auto`.
    `asker`: how a person is reached by steps that ask. `wait_for_store`: seconds to wait, with the
    instruments safe, when neither the store nor the disk has room for the records.
    """
    report = Report()
    overrides = given_parameters(sequence, parameters)
    options = Options(station, overrides, mock, virtual_time, confirm, given=GivenBy.PYTHON)
    prepared = prepare(Path(sequence), report, options)
    if prepared is not None:
        refuse_unanswered(prepared, report)
        refuse_unready(prepared, report, attended=asker is not None)
    report.raise_if_errors()
    if prepared is None:
        raise AssertionError("a sequence that cannot be prepared has an error in its report")
    return start_in_order(
        prepared,
        store=store,
        seed=seed,
        wait_s=wait,
        timing=timing,
        asker=asker,
        store_wait_s=wait_for_store,
    )


def start_in_order(prepared: Prepared, **options: Any) -> Run:
    """Run what was prepared, and what comes before and after it. Takes and raises what `start` does."""
    if prepared.before is None and prepared.after is None:
        return start(prepared, **options)
    # One for all, so that a stop between two runs is heeded by the second.
    options["control"] = options.get("control") or control_here()
    options["progress"] = progress = options.get("progress") or Progress()
    quiet = {name: value for name, value in options.items() if name not in ("progress", "part")}
    before = None
    if prepared.before is not None:
        linked = _linked(prepared.before, "before", prepared.plan.sequence)
        before = _start_beside(linked, "before", progress, quiet)
        if before.outcome.exit_status:
            return replace(before, left_out=prepared.plan.sequence)
    run = start(prepared if before is None else _linked(prepared, "follows", before.number), **options)
    after = None
    if prepared.after is not None and run.outcome not in _ENDED:
        after = _start_beside(_linked(prepared.after, "after", run.number), "after", progress, quiet)
    return replace(run, before=before, after=after)


def _start_beside(prepared: Prepared, key: str, progress: Progress, options: dict[str, Any]) -> Run:
    """Run one of the others, seen by whoever watches the progress of the sequence."""
    beside = Progress()
    beside.title = f"{key}: {prepared.plan.sequence} "
    beside.alarm = progress.alarm
    progress.beside = beside
    try:
        return start(prepared, progress=beside, **options)
    finally:
        progress.beside = None


def _linked(prepared: Prepared, how: str, what: str | int) -> Prepared:
    return replace(prepared, links={how: what})
