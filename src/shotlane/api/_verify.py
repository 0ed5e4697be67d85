"""`shotlane verify`: whether an archive holds what it says, and still means what it meant.

Hashes: every file is the one that was archived. Recompilation: the documents in the archive, compiled by the
shotlane of today, come to the archived plan. Records: what is said in several places agrees. Replay: that
plan, run again on simulated instruments, sends what was recorded. What cannot be checked is said, and never
counts as checked; what is damaged keeps nothing else from being checked.
"""

import tempfile
from dataclasses import dataclass, replace
from pathlib import Path

from shotlane.api._archive import neutral_project
from shotlane.api._past import Past
from shotlane.api._prepare import Prepared
from shotlane.api._recompile import compile_texts
from shotlane.api._records import Records, check_records
from shotlane.api._replay import Replayed, replay
from shotlane.api._same_plan import other_versions
from shotlane.archives import (
    PLAN,
    ArchiveError,
    BagReader,
    Hashes,
    UnknownFormatError,
    check_hashes,
    open_archive,
    open_bag,
    told_record,
)
from shotlane.diagnostics import Report
from shotlane.plan import Comparison, CompiledPlan, PlanFileError, Verdict, compare_plans, load_plan

HASHES, RECOMPILATION, REPLAY = 1, 2, 3
# What is checked on each level, beside hashes.
_PARTS = {HASHES: 0, RECOMPILATION: 2, REPLAY: 3}
_FACTS = "data/run.json"


@dataclass(frozen=True, slots=True)
class Recompiled:
    """What compiling again came to.

    `comparison`: with the archived plan, None where there is none. `faults`: what does not hold beside it.
    `impossible`: why nothing could be compared; `damaged`: because of the archive, which then does not hold.
    `versions`: packages that are others today.
    """

    shots: int = 0
    comparison: Comparison | None = None
    faults: tuple[str, ...] = ()
    impossible: str | None = None
    versions: tuple[str, ...] = ()
    damaged: bool = False

    @property
    def holds(self) -> bool:
        """Whether nothing differs by more than a resolution step."""
        differs = self.comparison is not None and self.comparison.verdict is Verdict.DIFFERENT
        return not self.faults and not differs and not self.damaged


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked of an archive, up to a `level`.

    `recompiled`, `records` and `replayed` are None when the hashes do not hold, or the level is less.
    """

    hashes: Hashes
    recompiled: Recompiled | None = None
    records: Records | None = None
    replayed: Replayed | None = None
    level: int = REPLAY

    @property
    def holds(self) -> bool:
        """Whether all that was checked holds."""
        return self.hashes.hold and all(part.holds for part in self._parts)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was checked."""
        return len(self._parts) == _PARTS[self.level] and all(part.impossible is None for part in self._parts)

    @property
    def _parts(self) -> list[Recompiled | Records | Replayed]:
        return [part for part in (self.recompiled, self.records, self.replayed) if part is not None]


def verify(
    path: str | Path, *, level: int = REPLAY, digest: str | None = None, trust: bool = False
) -> Verification:
    """Check an archive, a folder or a .zip file. Raises `ArchiveError` for what is none.

    `level`: 1 only compares hashes, 2 also compiles the documents again and compares the records, 3 also runs
    the plan again. `digest`: of the archive as it was made, as `archive` told it. `trust`: call the functions
    of results that came with it.
    """
    with open_bag(Path(path)) as bag:
        hashes, known = check_hashes(bag), _FACTS in bag.sizes
    if digest is not None and digest.strip().lower() != hashes.digest:
        hashes = replace(hashes, faults=(f"it is not the archive of digest {digest}", *hashes.faults))
    if not hashes.hold or level < RECOMPILATION:
        # What somebody changed is not worth compiling, and may be made to hurt.
        return Verification(hashes, level=level)
    try:
        with open_archive(path) as reader:
            return Verification(hashes, *_made_again(reader, level, trust), level)
    except ArchiveError as error:
        if not known:
            raise
        return Verification(hashes, *_unread(error, level), level)


def _unread(error: ArchiveError, level: int) -> tuple[Recompiled, Records, Replayed | None]:
    """Of an archive whose run cannot be read."""
    damaged = not isinstance(error, UnknownFormatError)
    replayed = Replayed(impossible=str(error), damaged=damaged) if level >= REPLAY else None
    return Recompiled(impossible=str(error), damaged=damaged), Records(impossible=str(error)), replayed


def _made_again(reader: BagReader, level: int, trusted: bool) -> tuple[Recompiled, Records, Replayed | None]:
    past, why, damaged = _past(reader)
    saved, why_not = archived_plan(reader)
    if past is None:
        records = check_records(reader, None, saved, trusted=trusted)
        replayed = Replayed(impossible=why, damaged=damaged) if level >= REPLAY else None
        return Recompiled(impossible=why, damaged=damaged), records, replayed
    report = Report()
    prepared = compile_texts(past, report, neutral_project(past))
    recompiled = _recompiled(reader, past, prepared, report, saved, why_not)
    plan = saved if saved is not None else None if prepared is None else prepared.plan
    records = check_records(reader, prepared, plan, trusted=trusted)
    return recompiled, records, _replayed(reader, past, plan) if level >= REPLAY else None


def _past(reader: BagReader) -> tuple[Past | None, str | None, bool]:
    """What the run is compiled from, by its documents and `run.json` alone; or why it cannot be."""
    record = told_record(reader.facts)
    if "origin" not in record.environment:
        return None, "it was made by a version that did not keep where its files were", False
    try:
        return Past(record, (record.session,), reader.documents(), {}, {}), None, False
    except ArchiveError as error:
        return None, str(error), True


def _replayed(reader: BagReader, past: Past, plan: CompiledPlan | None) -> Replayed:
    if plan is None:
        return Replayed(impossible="there is no plan to run")
    try:
        return replay(reader, past, plan)
    except ArchiveError as error:
        return Replayed(impossible=str(error), damaged=True)


def _recompiled(
    reader: BagReader,
    past: Past,
    prepared: Prepared | None,
    report: Report,
    saved: CompiledPlan | None,
    why: str | None,
) -> Recompiled:
    versions = tuple(other_versions(past.record.environment))
    if prepared is None:
        first = next(iter(report.errors)).message
        told = f"the documents do not compile: {first}"
        if any(name.startswith("shotlane ") for name in versions):
            return Recompiled(impossible=told, versions=versions)
        return Recompiled(faults=(told,), versions=versions)
    if saved is None:
        return _by_digest(reader, prepared, why, versions)
    faults: tuple[str, ...] = ()
    if reader.facts["plan_digest"] != saved.digest:
        faults = ("the archived plan is not the one of the run: their digests differ",)
    return Recompiled(len(saved), compare_plans(saved, prepared.plan), faults, None, versions)


def _by_digest(
    reader: BagReader, prepared: Prepared, why: str | None, versions: tuple[str, ...]
) -> Recompiled:
    """Of a run whose plan is not in the archive: its digest is."""
    if prepared.plan.digest == reader.facts["plan_digest"] and why is None:
        return Recompiled(len(prepared.plan), versions=versions)
    told = why or "the archive holds no plan, and the documents compile to another one than that of the run"
    if versions:
        return Recompiled(impossible=told, versions=versions)
    return Recompiled(faults=(told,), versions=versions)


def archived_plan(reader: BagReader) -> tuple[CompiledPlan | None, str | None]:
    """The plan in the archive, and why there is one that cannot be read. Raises `ArchiveError`."""
    if not reader.holds(PLAN):
        return None, None
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sequence.plan"
        path.write_bytes(reader.read(PLAN))
        try:
            saved = load_plan(path)
            saved.check_shots()
        except PlanFileError as error:
            return None, str(error).replace(str(path), PLAN)
    return saved.plan, None
