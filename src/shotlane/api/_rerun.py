"""A run that was made before, made again: the texts, parameters, seed and options of then.

What differs since is told first: files, station, versions, code. On the station of then it must come to the
same plan; on another one, what that changes is told. The new run says which one it repeats.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shotlane.api._archive import neutral_project
from shotlane.api._changes import Change, changes_of
from shotlane.api._find_station import resolve_file, station_place
from shotlane.api._foreign import is_foreign, python_of, refuse_foreign
from shotlane.api._git import GitSought
from shotlane.api._in_order import start_in_order
from shotlane.api._origin import names_of, station_texts, texts_of, texts_today
from shotlane.api._past import Past, ResumeError, past_in
from shotlane.api._prepare import (
    Options,
    Prepared,
    refuse_unanswered,
)
from shotlane.api._ready import refuse_unready
from shotlane.api._recompile import compile_texts, options_of
from shotlane.api._run import Run
from shotlane.api._same_plan import other_versions
from shotlane.api._timing import TimingName
from shotlane.api._verify import archived_plan
from shotlane.archives import ArchiveError, BagReader, check_hashes, open_bag
from shotlane.diagnostics import Report
from shotlane.execution import Asker
from shotlane.plan import Comparison, CompiledPlan, Verdict, compare_plans
from shotlane.project import Project, find_project
from shotlane.store import RunReader, open_reader


@dataclass(frozen=True, slots=True)
class Rerun:
    """A run that is ready to be made again, and what is not as it was.

    `run`: its number then. `archive`: where it is, if in one. `files`: texts of then whose files are others
    today, which are not used. `instruments`: those that are elsewhere or others. `identities`: who answered
    then, by role. `plan`: how the plan differs, None when it does not; `verdict` says by how much. `python`:
    what would be called of what came with an archive.
    """

    run: int
    archive: Path | None
    prepared: Prepared
    seed: int
    files: tuple[Change, ...] = ()
    instruments: tuple[str, ...] = ()
    identities: Mapping[str, str] | None = None
    versions: tuple[str, ...] = ()
    code: str | None = None
    plan: Comparison | None = None
    python: tuple[str, ...] = ()


def rerun(
    run: int | str | Path,
    *,
    station: str | None = None,
    mock: bool = False,
    virtual_time: bool = False,
    store: str | None = None,
    changed: bool = False,
    confirm: bool = False,
    trust: bool = False,
    wait: float = 0.0,
    timing: TimingName | None = None,
    asker: Asker | None = None,
) -> Run:
    """Make a run again, by its number or from its archive; return when it has ended.

    It has the documents, parameters, seed and options of then, also `mock` and `virtual_time`, which can only
    be added. `station`: another one than then, by name or file. `changed`: also where it comes to another
    plan by now. `trust`: call also Python that came with an archive. The others as in `run`. Raises
    `ResumeError` when it cannot be made again, `ArchiveError` and `StoreError` when it is not there,
    `DocumentError` when it does not fit the station.
    """
    report = Report()
    options = Options(station, {}, mock, virtual_time, confirm)
    found = prepare_rerun(run, report, options, store=store)
    if found is not None:
        check_rerun(found, changed=changed or station is not None, trusted=trust)
        refuse_unanswered(found.prepared, report)
        refuse_unready(found.prepared, report, attended=asker is not None)
    report.raise_if_errors()
    if found is None:
        raise AssertionError("a run that cannot be prepared has an error in its report")
    return start_in_order(
        found.prepared, store=store, seed=found.seed, wait_s=wait, timing=timing, asker=asker
    )


def prepare_rerun(
    run: int | str | Path, report: Report, options: Options, *, store: str | None = None
) -> Rerun | None:
    """Find out what would be run, and what differs; None when the report has errors. Touches nothing.

    Of `options` the station counts, what is true, and whether a person has confirmed it.
    """
    project = replace(find_project(Path.cwd(), report), retry=None)
    with _opened(run, store or project.store_url) as (reader, number, digest):
        past, identities = past_in(reader, number), dict(_identities(reader, number))
        saved = archived_plan(reader)[0] if isinstance(reader, BagReader) else None
    then = options_of(past)
    merged = replace(
        then,
        mock=then.mock or options.mock,
        virtual_time=then.virtual_time or options.virtual_time,
        confirmed=options.confirmed,
    )
    told = Report()
    before = compile_texts(past, told, neutral_project(past), replace(merged, confirmed=True))
    if before is None and options.station is None:
        raise ResumeError(f"run {number} does not compile any more: {next(iter(told.errors)).message}")
    prepared = _prepared(past, report, project, merged, options.station, before)
    if prepared is None:
        return None
    git, _ = GitSought(project.folder).found()
    return Rerun(
        number,
        None if isinstance(run, int) else Path(run),
        replace(prepared, repeats=_link(past, digest)),
        int(past.record.environment["seed"]),
        changes_of(past.origin, past.documents),
        () if before is None else tuple(_instruments(before, prepared)),
        identities,
        tuple(other_versions(past.record.environment)),
        _code(past.record.environment.get("git"), git),
        _difference(past, saved or (None if before is None else before.plan), prepared.plan),
        _foreign(past, prepared, digest, options),
    )


def _foreign(past: Past, prepared: Prepared, digest: str | None, options: Options) -> tuple[str, ...]:
    if digest is None and not is_foreign(past):
        return ()
    return python_of(prepared, station=options.station is None)


def check_rerun(found: Rerun, *, changed: bool, trusted: bool) -> None:
    """Refuse what comes to another plan, or calls Python of a stranger, unless that is meant."""
    if not trusted:
        refuse_foreign(found.run, found.python)
    if found.plan is not None and found.plan.verdict is Verdict.DIFFERENT and not changed:
        raise ResumeError(
            f"run {found.run} does not come to the same plan any more",
            "give --changed to run it all the same, or install what it was made with",
        )


@contextmanager
def _opened(run: int | str | Path, store: str) -> Iterator[tuple[RunReader, int, str | None]]:
    """A reader, the number of the run in it, and the digest of an archive, whose hashes hold."""
    if isinstance(run, int):
        with open_reader(store) as reader:
            yield reader, run, None
        return
    with open_bag(Path(run)) as bag:
        hashes = check_hashes(bag)
        if not hashes.hold:
            raise ArchiveError(f"'{run}' does not hold what it says", f"shotlane verify {run}")
        archived = BagReader(bag)
        yield archived, archived.run().summary.number, hashes.digest


def _link(past: Past, archive: str | None) -> dict[str, Any]:
    record = past.record
    return {
        "session": record.session,
        "ordinal": record.ordinal,
        "run": past.number,
        "sequence": record.summary.sequence,
        "plan_digest": record.plan_digest,
        "archive": archive,
    }


def _prepared(
    past: Past,
    report: Report,
    project: Project,
    options: Options,
    station: str | None,
    before: Prepared | None,
) -> Prepared | None:
    """The run of then, on the station of then or on another one."""
    if station is None:
        return compile_texts(past, report, project, options)
    place = station_place(station, project, report)
    today = None if place is None else resolve_file(place, report, mock=options.mock)
    if place is None or today is None:
        return None
    texts = texts_of(past.origin, past.documents)
    if before is not None:
        own = set(station_texts(before))
        texts = {file: text for file, text in texts.items() if file not in own}
    theirs = texts_today(today, place)
    names = {file: name for file, name in names_of(past.origin).items() if file not in theirs}
    return compile_texts(past, report, project, replace(options, station=str(place)), texts | theirs, names)


def _instruments(before: Prepared, now: Prepared) -> Iterator[str]:
    """Instruments in use that are not what or where they were."""
    for role in now.plan.roles:
        then = before.station.definitions.get(role)
        today = now.station.definitions[role]
        told = f"{today.document.instrument} at {today.resource.text}"
        if then is None:
            yield f"{role}: {told}, and none then"
        elif (then.document.instrument, then.resource.text) != (
            today.document.instrument,
            today.resource.text,
        ):
            yield f"{role}: {told}, and {then.document.instrument} at {then.resource.text} then"


def _identities(reader: RunReader, run: int) -> Iterator[tuple[str, str]]:
    """Who answered, by role."""
    for *_, type_, _shot, _attempt, fields in reader.events(run):
        if type_ == "instrument.identified":
            told = json.loads(fields)
            parts = [part for part in told["identity"].values() if isinstance(part, str) and part]
            yield told["role"], " ".join(parts)


def _code(then: Mapping[str, Any] | None, now: Mapping[str, Any] | None) -> str | None:
    """How the commit of the project differs."""
    told = [_commit(then), _commit(now)]
    return None if then is None or told[0] == told[1] else f"{told[0]} then, {told[1]} now"


def _commit(git: Mapping[str, Any] | None) -> str:
    if git is None or git["commit"] is None:
        return "no commit"
    return f"{git['commit'][:12]}{' (dirty)' if git['dirty'] else ''}"


def _difference(past: Past, then: CompiledPlan | None, now: CompiledPlan) -> Comparison | None:
    if past.record.plan_digest == now.digest:
        return None
    if then is None or then.digest != past.record.plan_digest:
        return Comparison(Verdict.DIFFERENT, (), (), 0, 0)
    found = compare_plans(then, now)
    return None if found.verdict is Verdict.IDENTICAL else found
