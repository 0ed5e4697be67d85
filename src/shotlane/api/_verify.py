"""`shotlane verify`: whether an archive holds what it says, and still means what it meant.

Hashes: every file is the one that was archived. Recompilation: the documents in the archive, compiled by the
shotlane of today, come to the archived plan. Replay: that plan, run again on simulated instruments, sends
what was recorded. What cannot be checked is said, and never counts as checked.
"""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shotlane.api._archive import neutral_project
from shotlane.api._past import KEPT, Past, ResumeError, past_in
from shotlane.api._prepare import Prepared
from shotlane.api._recompile import compile_texts
from shotlane.api._replay import Replayed, replay
from shotlane.api._run_start import channel_records
from shotlane.api._same_plan import other_versions, shot_ranges
from shotlane.archives import PLAN, BagReader, Hashes, check_hashes, disagreements, open_archive, open_bag
from shotlane.diagnostics import Report
from shotlane.plan import Comparison, CompiledPlan, PlanFileError, Verdict, compare_plans, load_plan

HASHES, RECOMPILATION, REPLAY = 1, 2, 3
_EXACT = 1 << 53


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
    """What was checked of an archive, up to a `level`.

    `recompiled` and `replayed` are None when the hashes do not hold, or the level is less.
    """

    hashes: Hashes
    recompiled: Recompiled | None
    replayed: Replayed | None = None
    level: int = REPLAY

    @property
    def holds(self) -> bool:
        """Whether all that was checked holds."""
        return self.hashes.hold and all(part.holds for part in self._parts)

    @property
    def complete(self) -> bool:
        """Whether all that was asked for was checked."""
        return len(self._parts) == self.level - 1 and all(part.impossible is None for part in self._parts)

    @property
    def _parts(self) -> list[Recompiled | Replayed]:
        return [part for part in (self.recompiled, self.replayed) if part is not None]


def verify(path: str | Path, *, level: int = REPLAY) -> Verification:
    """Check an archive, a folder or a .zip file. Raises `ArchiveError` for what is none.

    `level`: 1 only compares hashes, 2 also compiles the documents again, 3 also runs the plan again.
    """
    with open_bag(Path(path)) as bag:
        hashes = check_hashes(bag)
    if not hashes.hold or level < RECOMPILATION:
        # What somebody changed is not worth compiling, and may be made to hurt.
        return Verification(hashes, None, None, level)
    with open_archive(path) as reader:
        return Verification(hashes, *_made_again(reader, level), level)


def _made_again(reader: BagReader, level: int) -> tuple[Recompiled, Replayed | None]:
    own = tuple(disagreements(reader))
    try:
        past = past_in(reader, reader.run().summary.number)
    except ResumeError as error:
        why = str(error)
        return Recompiled(faults=own, impossible=why), Replayed(impossible=why) if level >= REPLAY else None
    report = Report()
    prepared = compile_texts(past, report, neutral_project(past))
    saved, why_not = archived_plan(reader)
    recompiled = _recompiled(reader, past, prepared, report, saved, why_not)
    recompiled = replace(recompiled, faults=(*own, *recompiled.faults))
    if level < REPLAY:
        return recompiled, None
    plan = saved if saved is not None else None if prepared is None else prepared.plan
    if plan is None:
        return recompiled, Replayed(impossible="there is no plan to run")
    return recompiled, replay(reader, past, plan)


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
    faults = (*_shots_that_ran(reader, saved), *_of_the_plan(reader, prepared, saved))
    return Recompiled(len(saved), compare_plans(saved, prepared.plan), faults, None, versions)


def _by_digest(
    reader: BagReader, prepared: Prepared, why: str | None, versions: tuple[str, ...]
) -> Recompiled:
    """Of a run whose plan is not in the archive: its digest is."""
    if prepared.plan.digest == reader.run().plan_digest and why is None:
        faults = tuple(_of_the_plan(reader, prepared, prepared.plan))
        return Recompiled(len(prepared.plan), None, faults, None, versions)
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


def _shots_that_ran(reader: BagReader, plan: CompiledPlan) -> tuple[str, ...]:
    """What of the records does not belong to the archived plan."""
    faults = []
    if reader.run().plan_digest != plan.digest:
        faults.append("the archived plan is not the one of the run: their digests differ")
    rows = [(shot, outcome, digest) for shot, outcome, *_, digest in reader.shots()]
    ran = {shot: digest for shot, outcome, digest in rows if digest is not None or outcome in KEPT}
    others = [shot for shot, digest in ran.items() if shot > len(plan) or plan.shot(shot).digest != digest]
    if others:
        faults.append(f"shots {shot_ranges(others)} of the run are not those of the archived plan")
    return tuple(faults)


def _of_the_plan(reader: BagReader, prepared: Prepared, plan: CompiledPlan) -> Iterator[str]:
    """Channels and parameters that the records have otherwise than the plan."""
    channels = channel_records(prepared)
    if channels != reader.channels():
        then = {one.name: one for one in reader.channels()}
        names = [one.name for one in channels if then.get(one.name) != one] or ["their number"]
        yield f"the channels of the run are not those of its plan: {', '.join(names)}"
    if plan.optimization is None:
        others = sorted(
            {shot for shot, told in _parameters(reader).items() if told != _as_stored(plan, shot)}
        )
        if others:
            yield f"shots {shot_ranges(others)} have other parameters in the records than in the plan"


def _parameters(reader: BagReader) -> Mapping[int, dict[str, object]]:
    """What the records say of every shot that began."""
    found: dict[int, dict[str, object]] = {shot: {} for shot, *_ in reader.shots()}
    names = [one.name for one in reader.parameters()]
    for shot, index, value, text in reader.stream("parameters"):
        name = names[index] if index < len(names) else f"number {index}"
        found.setdefault(shot, {})[name] = value if text is None else text
    return found


def _as_stored(plan: CompiledPlan, shot: int) -> dict[str, Any]:
    """The parameters of a shot of the plan, as records have them."""
    if shot > len(plan):
        return {}
    return {name: _stored(value) for name, value in plan.shot(shot).parameters.items()}


def _stored(value: float | str | None) -> float | str | None:
    if value is None or isinstance(value, str):
        return value
    # A whole number that is not exact as a float is kept as text too.
    return str(value) if isinstance(value, int) and abs(value) > _EXACT else float(value)
