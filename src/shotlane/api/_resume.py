"""A run that goes on: what its store says of it, compiled again, and the shots that are left.

A run is compiled from the texts that it keeps, whatever lies on the disk today, and must come to the same
plan. Then it goes on under its number, and a shot that ended well, or whose verdict failed, is never run
again. With the files of today it may be another plan: then what is left is a new run, and the shots that were
done must be the same in both.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shotlane.api._changes import Change, changes_of
from shotlane.api._foreign import is_foreign, python_of, refuse_foreign
from shotlane.api._in_order import start_in_order
from shotlane.api._part import Part
from shotlane.api._past import NothingLeftError, Past, ResumeError, past_in, present_in, refuse_going_on
from shotlane.api._prepare import Prepared
from shotlane.api._ready import refuse_unready
from shotlane.api._recompile import compile_file, compile_texts
from shotlane.api._run import Run
from shotlane.api._same_plan import check_digest, check_kept
from shotlane.api._timing import TimingName
from shotlane.api._waiting import still_waiting
from shotlane.diagnostics import Report
from shotlane.execution import Asker
from shotlane.instruments import Holder, InUseError
from shotlane.project import Project, find_project, sequence_path
from shotlane.store import Waits, open_reader

# How long the guard of a dead run may be at work.
_GUARD_S = 130.0


@dataclass(frozen=True, slots=True)
class Resumption:
    """A run that is ready to go on: what is left of it, and what has changed since.

    `python`: what would be called of what came with an archive.
    """

    run: int
    store: str
    prepared: Prepared
    part: Part
    seed: int
    kept: int
    changes: tuple[Change, ...]
    python: tuple[str, ...] = ()


def resume(
    run: int | str | Path,
    *,
    store: str | None = None,
    changed: bool = False,
    trust: bool = False,
    timing: TimingName | None = None,
    asker: Asker | None = None,
) -> Run:
    """Go on with a run that was killed or stopped, left out shots or met faults; return when it has ended.

    `run`: its number, or an archive of it, which is brought into the store first. `store`: where it is
    recorded, without it that of the project here. `changed`: use the files of today where they have changed
    since. `trust`: call also Python that came with an archive. `asker` as in `run`. Raises `ResumeError` when
    the run cannot go on, `StoreError` or `ArchiveError` when there is none, `DocumentError` when the files of
    today are faulty.
    """
    report = Report()
    found = prepare_resumption(run, report, store=store, changed=changed)
    if found is not None:
        check_resumption(found, trusted=trust)
        refuse_unready(found.prepared, report, attended=asker is not None)
    report.raise_if_errors()
    if found is None:
        raise AssertionError("a run that cannot be prepared has an error in its report")
    return go_on(found, timing=timing, asker=asker)


def prepare_resumption(
    run: int | str | Path,
    report: Report,
    *,
    store: str | None = None,
    changed: bool = False,
    only_told: bool = False,
) -> Resumption | None:
    """Find out what is left of a run; None when the report has errors. Touches no instrument.

    The run of an archive is brought into the store, unless it is `only_told` what is left.
    """
    project, foreign = find_project(Path.cwd(), report), not isinstance(run, int)
    if not isinstance(run, int) and not only_told:
        run = _imported(run, store)
    store = store or project.store_url
    past = _brought_in(run, store, project) if isinstance(run, int) else _past_in_archive(run)
    run = past.number
    changes = changes_of(past.origin, past.documents)
    prepared = _from_files(past, report) if changed and changes else _from_store(past, report, store)
    if prepared is None:
        return None
    left, stays = past.left(len(prepared.plan)), tuple(sorted(past.outcomes))
    if changed and changes:
        part = Part(left, follows=run, kept_shots=stays)
        check_kept(past, prepared)
    else:
        kept = Counter(past.outcomes.values())
        part = Part(left, resumes=run, session=past.session, kept=kept, kept_shots=stays)
        check_digest(past, prepared)
    if not part.shots:
        raise NothingLeftError(run, len(prepared.plan), past.outcome)
    seed = int(past.record.environment["seed"])
    python = python_of(prepared, station=True) if foreign or is_foreign(past) else ()
    return Resumption(run, store, prepared, part, seed, len(past.digests), changes, python)


def _brought_in(run: int, store: str, project: Project) -> Past:
    """What a store holds of a run, with all that waited for it on this machine.

    A shot that waits for the store was measured, and is not left to do. Raises `ResumeError` where such
    records cannot be brought in now: they will come later, and their shots would be there twice.
    """
    waits = still_waiting(run, store, project)
    with open_reader(store) as reader:
        past = present_in(reader, run)
        if waits is None or not waits.left:  # the end of a run that waits is not seen here
            refuse_going_on(reader, past)
    if waits is not None:
        raise _too_early(run, waits)
    return past


def _too_early(run: int, waits: Waits) -> ResumeError:
    return ResumeError(
        f"run {run} cannot go on yet: records of it are not in the store, and wait in {waits.path}, because"
        f" {waits.why}",
        "once nothing keeps them there, `shotlane resume` brings them in by itself",
    )


def check_resumption(found: Resumption, *, trusted: bool) -> None:
    """Refuse what calls Python of a stranger, unless that is meant. Raises `ResumeError`."""
    if not trusted:
        refuse_foreign(found.run, found.python)


def _imported(archive: str | Path, store: str | None) -> int:
    from shotlane.api._import import import_run  # late: polars

    return import_run(archive, store=store).run


def _past_in_archive(archive: str | Path) -> Past:
    from shotlane.archives import open_archive  # late: polars

    with open_archive(archive) as reader:
        return past_in(reader, reader.run().summary.number)


def go_on(
    found: Resumption,
    *,
    wait_s: float = 0.0,
    waiting: Callable[[InUseError], None] | None = None,
    **terms: Any,
) -> Run:
    """Run what is left, and what comes before and after the sequence, whose state of then is gone.

    `terms` as `start` takes them. The guard of the dead run is waited for.
    """
    terms |= {"store": found.store, "seed": found.seed, "part": found.part}
    try:
        return start_in_order(found.prepared, wait_s=0.0, **terms)
    except InUseError as error:
        if any(not _is_guard(holder, found.run) for holder in error.holders.values()):
            if not wait_s:
                raise
        else:
            wait_s = max(wait_s, _GUARD_S)
    return start_in_order(found.prepared, wait_s=wait_s, waiting=waiting, **terms)


def _is_guard(holder: Holder | None, run: int) -> bool:
    """Whether it is the guard of the run; one that has just begun has not yet said who it is."""
    return holder is None or holder.what.startswith(f"the guard of run {run} ")


def _from_store(past: Past, report: Report, store: str) -> Prepared | None:
    """The run as it was."""
    folder = sequence_path(past.origin).parent
    return compile_texts(past, report, replace(find_project(folder, report), store=store))


def _from_files(past: Past, report: Report) -> Prepared | None:
    """The run as the files are today."""
    path = sequence_path(past.origin)
    return compile_file(past, path, find_project(path.parent, report), report)
