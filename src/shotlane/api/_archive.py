"""`shotlane archive`: a run of a store as an archive, with the plan that it comes to.

The plan is compiled from the texts of the run and put into the archive only when it is the one that ran, by
its digest. Where it is not, or the run is an optimisation, the archive says why it holds none.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shotlane.api._past import Past, ResumeError, past_in
from shotlane.api._prepare import Prepared
from shotlane.api._recompile import compile_texts
from shotlane.api._resolved import resolved_sequence, resolved_station
from shotlane.api._run import Run
from shotlane.api._same_plan import other_versions
from shotlane.api._waiting import still_waiting
from shotlane.archives import (
    PLAN,
    ArchiveError,
    Extra,
    Written,
    check_out,
    digest_of,
    open_bag,
    write_archive,
)
from shotlane.diagnostics import Report
from shotlane.plan import PlanFileError, save_plan
from shotlane.project import Project, find_project
from shotlane.store import RunReader, open_reader

if TYPE_CHECKING:
    from shotlane.analysis import LoadedRun

_ORIGIN = "compiled again from the documents, to the same plan digest"


@dataclass(frozen=True, slots=True)
class Archived:
    """An archive that was written. `no_plan`: why it holds no plan, None when it does.

    `digest`: of all that it holds, as `verify` tells it: who keeps it elsewhere knows the archive by it.
    """

    written: Written
    run: int
    no_plan: str | None
    digest: str


def archive(run: "int | Run | LoadedRun | None", out: str | Path, *, store: str | None = None) -> Archived:
    """Archive a run, the newest without a number: into a folder, or one file where `out` ends in .zip.

    `run`: its number, or what a run returned or `load` gave, with its store. Raises `TypeError` for what is
    none of these.

    Raises `ArchiveError` when it cannot be written, or records of it are still to come into the store,
    `StoreError` when there is no such run.
    """
    out = Path(out)
    check_out(out)
    wanted, place = _meant(run)
    project = find_project(Path.cwd(), Report())
    place = store or place or project.store_url
    with open_reader(place) as reader:
        number = reader.newest() if wanted is None else wanted
    _refuse_a_part(number, place, project)
    with open_reader(place) as reader:
        prepared, why = _plan_that_ran(reader, number)
        extras = {} if prepared is None else _extras(prepared)
        if prepared is not None and prepared.plan.optimization is None:
            extras[PLAN] = Extra("the plan, every shot as it was executed", _ORIGIN, _saved(prepared))
        written = write_archive(reader, number, out, extras)
    with open_bag(out) as bag:
        return Archived(written, number, why, digest_of(bag))


def _refuse_a_part(run: int, place: str | Path, project: Project) -> None:
    """An archive is the whole run: one whose records are still to come is told."""
    waits = still_waiting(run, place, project)
    if waits is not None and waits.left:
        raise ArchiveError(
            f"records of run {run} are not in the store, and wait in {waits.path}, because {waits.why}",
            "once nothing keeps them there, `shotlane archive` brings them in by itself",
        )


def _meant(run: object) -> tuple[int | None, str | Path | None]:
    """The number of a run, and its store where it is known."""
    if run is None or (isinstance(run, int) and not isinstance(run, bool)):
        return run, None
    if isinstance(run, Run):
        return run.number, run.address
    from shotlane.analysis import LoadedRun  # late: polars, which who has such an object has

    if not isinstance(run, LoadedRun):
        raise TypeError(f"archive takes the number of a run, or a run, not {run!r}")
    if run.archived:
        raise ArchiveError("this run was loaded from an archive already", "copy the archive")
    return run.number, run.place


def _plan_that_ran(reader: RunReader, run: int) -> tuple[Prepared | None, str | None]:
    """The run compiled again, when it comes to the same plan; and why there is no plan to keep."""
    try:
        past = past_in(reader, run)
    except ResumeError as error:
        return None, str(error)
    prepared = compile_texts(past, Report(), neutral_project(past))
    if prepared is None or prepared.plan.digest != past.record.plan_digest:
        told = ", ".join(other_versions(past.record.environment)) or "no version of a package differs"
        return None, f"its documents do not compile to the same plan any more: {told}"
    if prepared.plan.optimization is not None:
        return prepared, "the points of an optimisation were asked for as it ran; its events hold them"
    return prepared, None


def neutral_project(past: Past) -> Project:
    """Nothing of a project of today takes part."""
    return Project(Path(past.origin["folder"]))


def _saved(prepared: Prepared) -> bytes:
    notes = {
        "file": prepared.path.name,
        "document": prepared.document,
        "seed": prepared.sequence.seed,
        "station": prepared.station.name,
        "overrides": dict(prepared.options.parameters),
        "mock": prepared.options.mock,
    }
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sequence.plan"
        try:
            save_plan(prepared.plan, path, documents=prepared.documents, notes=notes)
        except PlanFileError as error:
            raise AssertionError(f"a plan that was compiled cannot be saved: {error}") from error
        return path.read_bytes()


def _extras(prepared: Prepared) -> dict[str, Extra]:
    texts = {
        "sequence": ("the sequence as it was understood", resolved_sequence(prepared)),
        "station": ("the instruments and channels of the station, with limits", resolved_station(prepared)),
    }
    return {
        f"resolved/{name}.json": Extra(about, _ORIGIN, text.encode()) for name, (about, text) in texts.items()
    }
