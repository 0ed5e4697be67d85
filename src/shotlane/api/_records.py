"""Whether the records of an archive agree with one another, and with the plan and the documents.

Hashes that somebody wrote anew hold, whatever was changed; but what is said in several places has to be
changed in all of them. Each comparison is done whatever became of the others.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from shotlane.api._prepare import Prepared
from shotlane.api._resolved_again import check_resolved
from shotlane.api._run_start import channel_records, parameter_types
from shotlane.archives import (
    ArchiveError,
    BagReader,
    Checked,
    RecordedShots,
    check_arrays,
    check_events,
    check_files,
    check_parameters,
    check_results,
    check_run,
    check_shots,
    check_steps,
    check_tables,
    check_tallies,
    checked,
    decisions_of,
)
from shotlane.plan import CompiledPlan


@dataclass(frozen=True, slots=True)
class Records:
    """What came of each comparison. `impossible`: why nothing could be compared."""

    checks: tuple[Checked, ...] = ()
    impossible: str | None = None

    @property
    def holds(self) -> bool:
        """Whether nothing disagrees."""
        return all(check.holds for check in self.checks)


def check_records(
    reader: BagReader, prepared: Prepared | None, plan: CompiledPlan | None, *, trusted: bool
) -> Records:
    """Compare everything. `prepared`: what the documents compile to, `plan`: that of the run, where known."""
    return Records(tuple(_checks(reader, prepared, plan, trusted)))


def _checks(
    reader: BagReader, prepared: Prepared | None, plan: CompiledPlan | None, trusted: bool
) -> Iterator[Checked]:
    shots = None
    if plan is not None:
        try:
            shots = RecordedShots(reader, plan, decisions_of(reader))
        except ArchiveError as error:
            # What needs them is left out, and the rest is compared.
            yield Checked("plan", "shot", faults=(str(error),), count=1)
    channels = None if prepared is None else channel_records(prepared)
    yield checked("files", "file", partial(check_files, reader))
    yield checked("tables", "row", partial(check_tables, reader))
    yield checked("run.json", "fact", partial(check_run, reader, plan, channels))
    if prepared is not None:
        yield checked("resolved", "resolved text", partial(check_resolved, reader, prepared))
    yield checked("shots", "shot", partial(check_shots, reader, shots))
    if plan is not None and shots is not None:
        types = parameter_types(plan.points)
        yield checked("parameters", "parameter", partial(check_parameters, reader, plan, shots, types))
        yield checked("steps", "step", partial(check_steps, reader, shots))
    yield checked("tallies", "count", partial(check_tallies, reader, shots))
    if plan is not None and shots is not None:
        yield checked("results", "result", partial(check_results, reader, plan, shots, trusted=trusted))
    yield checked("arrays", "array", partial(check_arrays, reader))
    yield checked("events", "event", partial(check_events, reader))
