"""`shotlane verify`: whether an archive holds what it says, and still means what it meant.

Hashes: every file is the one that was archived. Recompilation: the documents in the archive, compiled by the
shotlane of today, come to the archived plan. What cannot be checked is said, and never counts as checked.
"""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from shotlane.api._archive import neutral_project
from shotlane.api._past import ResumeError, past_in
from shotlane.api._prepare import Prepared
from shotlane.api._recompile import compile_texts
from shotlane.api._same_plan import other_versions, shot_ranges
from shotlane.archives import PLAN, BagReader, Hashes, check_hashes, open_archive, open_bag
from shotlane.diagnostics import Report
from shotlane.plan import Comparison, CompiledPlan, PlanFileError, Verdict, compare_plans, load_plan

NO_REPLAY = "not available yet: this version cannot run an archive again and compare what is sent"


@dataclass(frozen=True, slots=True)
class Recompiled:
    """What compiling again came to.

    `comparison`: with the archived plan, None where there is none. `faults`: what does not hold beside it.
    `impossible`: why nothing could be compared. `versions`: packages that are others today.
    """

    shots: int = 0
    comparison: Comparison | None = None
    faults: tuple[str, ...] = ()
    impossible: str | None = None
    versions: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing differs by more than a resolution step."""
        differs = self.comparison is not None and self.comparison.verdict is Verdict.DIFFERENT
        return not self.faults and not differs


@dataclass(frozen=True, slots=True)
class Verification:
    """What was checked of an archive. `recompiled` is None when the hashes do not hold."""

    hashes: Hashes
    recompiled: Recompiled | None

    @property
    def holds(self) -> bool:
        """Whether all that was checked holds."""
        return self.hashes.hold and self.recompiled is not None and self.recompiled.holds


def verify(path: str | Path) -> Verification:
    """Check an archive, a folder or a .zip file. Raises `ArchiveError` for what is none."""
    with open_bag(Path(path)) as bag:
        hashes = check_hashes(bag)
    if not hashes.hold:
        # What somebody changed is not worth compiling, and may be made to hurt.
        return Verification(hashes, None)
    with open_archive(path) as reader:
        return Verification(hashes, _recompiled(reader))


def _recompiled(reader: BagReader) -> Recompiled:
    run = reader.run().summary.number
    try:
        past = past_in(reader, run)
    except ResumeError as error:
        return Recompiled(impossible=str(error))
    versions = tuple(other_versions(past.record.environment))
    saved, why = _archived_plan(reader)
    report = Report()
    prepared = compile_texts(past, report, neutral_project(past))
    if prepared is None:
        first = next(iter(report.errors)).message
        told = f"the documents do not compile: {first}"
        if any(name.startswith("shotlane ") for name in versions):
            return Recompiled(impossible=told, versions=versions)
        return Recompiled(faults=(told,), versions=versions)
    if saved is None:
        return _by_digest(reader, prepared, why, versions)
    faults = _shots_that_ran(reader, saved)
    return Recompiled(len(saved), compare_plans(saved, prepared.plan), faults, None, versions)


def _by_digest(
    reader: BagReader, prepared: Prepared, why: str | None, versions: tuple[str, ...]
) -> Recompiled:
    """Of a run whose plan is not in the archive: its digest is."""
    if prepared.plan.digest == reader.run().plan_digest:
        return Recompiled(len(prepared.plan), None, (), None, versions)
    told = why or "the archive holds no plan, and the documents compile to another one than that of the run"
    if why is not None or versions:
        return Recompiled(impossible=told, versions=versions)
    return Recompiled(faults=(told,), versions=versions)


def _archived_plan(reader: BagReader) -> tuple[CompiledPlan | None, str | None]:
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


def _shots_that_ran(reader: BagReader, plan: CompiledPlan) -> tuple[str, ...]:
    """What of the records does not belong to the archived plan."""
    faults = []
    if reader.run().plan_digest != plan.digest:
        faults.append("the archived plan is not the one of the run: their digests differ")
    ran = {shot: digest for shot, *_, digest in reader.shots() if digest is not None}
    others = [shot for shot, digest in ran.items() if shot > len(plan) or plan.shot(shot).digest != digest]
    if others:
        faults.append(f"shots {shot_ranges(others)} of the run are not those of the archived plan")
    return tuple(faults)
