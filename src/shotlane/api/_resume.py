"""A run that goes on: what its store says of it, compiled again, and the shots that are left.

A run is compiled from the texts that it keeps, whatever lies on the disk today, and must come to the same
plan. Then it goes on under its number, and a shot that ended well, or whose verdict failed, is never run
again. With the files of today it may be another plan: then what is left is a new run, and the shots that were
done must be the same in both.
"""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shotlane.api._changes import Change, changes_of
from shotlane.api._origin import sequence_path, texts_of
from shotlane.api._part import Part
from shotlane.api._prepare import Options, Prepared, prepare_document
from shotlane.api._project import Project, find_project
from shotlane.api._run import Run, start
from shotlane.api._timing import TimingName
from shotlane.diagnostics import Report
from shotlane.document import given_texts, read_file
from shotlane.instruments import Holder, InUseError
from shotlane.records import Outcome
from shotlane.store import Reader, RunRecord, open_reader

# How long the guard of a dead run may be at work.
_GUARD_S = 130.0
# A shot that came to its planned end has its data; whether its verdict holds is no reason to do it again.
_KEPT = frozenset({Outcome.DONE, Outcome.PASSED, Outcome.FAILED})


class ResumeError(Exception):
    """A run that cannot go on; `help` is the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message if help is None else f"{message}; {help}")
        self.message = message
        self.help = help


@dataclass(frozen=True, slots=True)
class Resumption:
    """A run that is ready to go on: what is left of it, and what has changed since."""

    run: int
    store: str
    prepared: Prepared
    part: Part
    seed: int
    kept: int
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class _Past:
    """What a store holds of a run."""

    record: RunRecord
    session: int
    documents: Mapping[str, str]
    outcomes: Mapping[int, Outcome]  # of the shots that are kept
    digests: Mapping[int, str]

    @property
    def number(self) -> int:
        return self.record.summary.number

    @property
    def origin(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.record.environment["origin"]
        return found


def resume(
    run: int,
    *,
    store: str | None = None,
    changed: bool = False,
    timing: TimingName | None = None,
) -> Run:
    """Go on with a run that was killed or stopped, left out shots or met faults; return when it has ended.

    `store`: where it is recorded, without it that of the project here. `changed`: use the files of today
    where they have changed since. Raises `ResumeError` when the run cannot go on, `StoreError` when there is
    none, `DocumentError` when the files of today are faulty.
    """
    report = Report()
    found = prepare_resumption(run, report, store=store, changed=changed)
    report.raise_if_errors()
    if found is None:
        raise AssertionError("a run that cannot be prepared has an error in its report")
    return go_on(found, timing=timing)


def prepare_resumption(
    run: int, report: Report, *, store: str | None = None, changed: bool = False
) -> Resumption | None:
    """Find out what is left of a run; None when the report has errors. Touches nothing."""
    store = store or find_project(Path.cwd(), report).store_url
    past = _past(store, run)
    changes = changes_of(past.origin, past.documents)
    prepared = _from_files(past, report) if changed and changes else _from_store(past, report, store)
    if prepared is None:
        return None
    if changed and changes:
        part = Part(_left(past, len(prepared.plan)), follows=run)
        _check_kept(past, prepared)
    else:
        kept = Counter(past.outcomes.values())
        part = Part(_left(past, len(prepared.plan)), resumes=run, session=past.session, kept=kept)
        _check_digest(past, prepared)
    if not part.shots:
        raise ResumeError(f"run {run} is complete: nothing of its {len(prepared.plan)} shots is left to do")
    seed = int(past.record.environment["seed"])
    return Resumption(run, store, prepared, part, seed, len(past.digests), changes)


def go_on(
    found: Resumption,
    *,
    wait_s: float = 0.0,
    waiting: Callable[[InUseError], None] | None = None,
    **terms: Any,
) -> Run:
    """Run what is left. `terms` as `start` takes them. The guard of the dead run is waited for."""
    terms |= {"store": found.store, "seed": found.seed, "part": found.part}
    try:
        return start(found.prepared, wait_s=0.0, **terms)
    except InUseError as error:
        if any(not _is_guard(holder, found.run) for holder in error.holders.values()):
            if not wait_s:
                raise
        else:
            wait_s = max(wait_s, _GUARD_S)
    return start(found.prepared, wait_s=wait_s, waiting=waiting, **terms)


def _is_guard(holder: Holder | None, run: int) -> bool:
    """Whether it is the guard of the run; one that has just begun has not yet said who it is."""
    return holder is None or holder.what.startswith(f"the guard of run {run} ")


def _past(store: str, run: int) -> _Past:
    with open_reader(store) as reader:
        # First of all: who goes on with the run in the meantime is found out by it.
        session = _last_session(reader, run)
        record = reader.run(run)
        if record.summary.outcome is None:
            raise ResumeError(f"run {run} is going on, in {reader.process(run)}", f"shotlane abort {run}")
        if "origin" not in record.environment:
            raise ResumeError(f"run {run} was made by a version that did not keep where its files were")
        kept = [row for row in reader.shots(run) if row[1] in _KEPT]
        outcomes = {shot: Outcome(outcome) for shot, outcome, *_ in kept}
        digests = {shot: digest for shot, *_, digest in kept}
        return _Past(record, session, reader.documents(run), outcomes, digests)


def _last_session(reader: Reader, run: int) -> int:
    rows = reader.sessions(run)
    return int(rows[-1][2]) if rows else 0


def _from_store(past: _Past, report: Report, store: str) -> Prepared | None:
    """The run as it was."""
    path = sequence_path(past.origin)
    project = replace(find_project(path.parent, report), store=store)
    told = Report()
    with given_texts(texts_of(past.origin, past.documents)):
        prepared = _compiled(past, path, project, told)
    if prepared is None:
        for diagnostic in told:
            report.add(diagnostic)
        return None
    # Under the names of then, whatever folder this is.
    files = {name: Path(file) for name, file in past.origin["files"].items()}
    return replace(prepared, documents=past.documents, files=files)


def _from_files(past: _Past, report: Report) -> Prepared | None:
    """The run as the files are today."""
    path = sequence_path(past.origin)
    return _compiled(past, path, find_project(path.parent, report), report)


def _compiled(past: _Past, path: Path, project: Project, report: Report) -> Prepared | None:
    origin, environment = past.origin, past.record.environment
    options = Options(
        origin["station"],
        environment["overrides"],
        origin["mock"],
        origin["virtual_time"],
        origin["confirmed"],
    )
    document = read_file(path, report, name=origin["sequence"])
    return None if document is None else prepare_document(path, document, report, options, project)


def _left(past: _Past, count: int) -> tuple[int, ...]:
    # What a run that follows another one does not do, that one has done.
    follows = past.record.environment.get("follows")
    wanted = range(1, count + 1) if follows is None else follows["shots"]
    return tuple(number for number in wanted if number not in past.digests and number <= count)


def _check_digest(past: _Past, prepared: Prepared) -> None:
    """Refuse what comes to another plan: its shots would not be those of the run."""
    if prepared.plan.digest == past.record.plan_digest:
        return
    from shotlane.api._environment import versions  # late: reads files

    then = past.record.environment
    differing = [
        f"{name} {then_version} then, {now or 'none'} now"
        for name, then_version in {"shotlane": then["shotlane"], **then["packages"]}.items()
        if (now := versions().get(name)) != then_version
    ]
    told = ", ".join(differing) or "no version of a package differs"
    raise ResumeError(
        f"run {past.number} does not compile to the same plan any more: {told}",
        "install what it was made with, or begin a new run",
    )


def _check_kept(past: _Past, prepared: Prepared) -> None:
    """With changed files, what was done must be what would be done."""
    if prepared.plan.optimization is not None and past.digests:
        raise ResumeError(
            f"run {past.number} is an optimisation, which cannot go on with changed files",
            "begin a new run, or resume it without --changed",
        )
    count = len(prepared.plan)
    differing = [
        number
        for number, digest in past.digests.items()
        if number > count or prepared.plan.shot(number).digest != digest
    ]
    if differing:
        shown = shot_ranges(differing)
        raise ResumeError(
            f"with the files of today, shots that run {past.number} has done are other ones: {shown}",
            "begin a new run, or resume it without --changed",
        )


def shot_ranges(numbers: list[int] | tuple[int, ...]) -> str:
    """'1..6, 9, 12..40'."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and parts[-1][-1] == number - 1:
            parts[-1][1:] = [number]
        else:
            parts.append([number])
    return ", ".join("..".join(map(str, part)) for part in parts)
