"""`shotlane diff` of two runs, of a store or of archives: what changed between them, and what it did.

What changed: documents, plan, station, code and versions. What it did: outcomes, verdicts, results,
lateness. That two runs measured other numbers makes them no different runs; that one of them was asked for
something else, or ended otherwise, does. Tags with which it began are part of what was asked; what people
said of it afterwards is told.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

from shotlane.analysis import LoadedRun, Outcomes, compare_runs, load
from shotlane.api._archive import neutral_project
from shotlane.api._past import ResumeError, past_in
from shotlane.api._recompile import compile_texts
from shotlane.diagnostics import Report
from shotlane.plan import Comparison, CompiledPlan, compare_plans

# Texts that a run holds beside its documents.
_STATION = "station.json"
_CODE = ("git", "shotlane", "python", "implementation", "platform", "machine", "cpu", "clock", "host", "user")
# Who ran it, and on which computer: told, and no difference between runs.
_WHERE = ("host", "user", "cpu", "clock")
_TERMS = ("overrides", "seed", "timing")
_MOST_LINES = 400


@dataclass(frozen=True, slots=True)
class TextChange:
    """A document that is another one, or that only one run has. `lines`: as `diff -u` tells it."""

    name: str
    how: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunDifference:
    """Two runs side by side.

    `plan`: None when both executed the same plan, by its digest, or `no_plan` says why it cannot be compared.
    `station`, `code`, `terms`, `records`: places that differ, as `path: one -> other`.
    """

    documents: tuple[TextChange, ...]
    plan: Comparison | None
    no_plan: str | None
    station: tuple[str, ...]
    code: tuple[str, ...]
    terms: tuple[str, ...]
    records: tuple[str, ...]
    outcomes: Outcomes

    @property
    def same(self) -> bool:
        """Whether the same was asked for, with the same programs, and came to the same outcomes."""
        programs = any(not place.startswith(_WHERE) for place in self.code)
        asked = self.documents or self.plan or self.no_plan or self.station or programs or self.terms
        return not (asked or self.outcomes.outcomes or self.outcomes.verdicts or any(self.outcomes.only))


def run_named(text: str, store: str | None) -> LoadedRun:
    """A run by its number in a store, or the run of an archive. Raises `StoreError`, `ArchiveError`."""
    return load(int(text), store) if text.isdecimal() else load(Path(text))


def diff_runs(one: LoadedRun, other: LoadedRun) -> RunDifference:
    """Compare two runs. Nothing of today's files takes part."""
    texts = [run.attachments() for run in (one, other)]
    before, after = one.record.environment, other.record.environment
    plan, no_plan = _plans(one, other)
    return RunDifference(
        documents=tuple(_documents(one.documents(), other.documents())),
        plan=plan,
        no_plan=no_plan,
        station=tuple(_station(texts[0], texts[1], one, other)),
        code=tuple(_code(before, after)),
        terms=tuple(_places(_terms(one), _terms(other))),
        records=tuple(_records(one, other)),
        outcomes=compare_runs(one, other),
    )


def _documents(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[TextChange]:
    for mine, theirs in _pairs(one, other):
        if theirs is None:
            yield TextChange(str(mine), "only in the first")
        elif mine is None:
            yield TextChange(theirs, "only in the second")
        elif one[mine] != other[theirs]:
            lines = unified_diff(one[mine].splitlines(), other[theirs].splitlines(), lineterm="", n=1)
            yield TextChange(theirs, "changed", tuple(list(lines)[2 : 2 + _MOST_LINES]))


def _pairs(one: Mapping[str, str], other: Mapping[str, str]) -> Iterator[tuple[str | None, str | None]]:
    """Names that mean the same: equal ones, and of the others those whose last part only they have.

    A document that was run from another folder has another name.
    """
    both = [name for name in one if name in other]
    mine, theirs = ([name for name in texts if name not in both] for texts in (one, other))
    last = [Counter(Path(name).name for name in names) for names in (mine, theirs)]
    alone = {Path(name).name: name for name in theirs if last[1][Path(name).name] == 1}
    for name in mine:
        part = Path(name).name
        found = alone.pop(part, None) if last[0][part] == 1 else None
        yield name, found
        if found is not None:
            theirs.remove(found)
    yield from ((name, name) for name in both if name in other)
    yield from ((None, name) for name in theirs)


def _plans(one: LoadedRun, other: LoadedRun) -> tuple[Comparison | None, str | None]:
    if one.record.plan_digest == other.record.plan_digest:
        return None, None
    plans = []
    for run in (one, other):
        plan, why = plan_of(run)
        if plan is None:
            return None, f"the plans differ, and that of run {run.number} cannot be compiled again: {why}"
        plans.append(plan)
    return compare_plans(*plans), None


def plan_of(run: LoadedRun) -> tuple[CompiledPlan | None, str | None]:
    """The plan of a run, compiled from the texts that it holds; or why there is none."""
    with run.reader() as reader:
        try:
            past = past_in(reader, run.number)
        except ResumeError as error:
            return None, str(error)
        report = Report()
        prepared = compile_texts(past, report, neutral_project(past))
    return (None, next(iter(report.errors)).message) if prepared is None else (prepared.plan, None)


def _station(
    one: Mapping[str, str], other: Mapping[str, str], before: LoadedRun, after: LoadedRun
) -> Iterator[str]:
    if before.record.summary.station != after.record.summary.station:
        yield f"station: {before.record.summary.station} -> {after.record.summary.station}"
    if _STATION in one and _STATION in other:
        yield from _places(json.loads(one[_STATION]), json.loads(other[_STATION]))
    yield from _places(_identities(before), _identities(after))


def _identities(run: LoadedRun) -> dict[str, Any]:
    """Who answered, by role; the last answer of each."""
    events = run.events().filter(type="instrument.identified")["fields"].to_list()
    told = [json.loads(fields or "{}") for fields in events]
    return {"identity": {str(fields.get("role")): fields.get("identity") for fields in told}}


def _code(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    yield from _places(_some(before, _CODE), _some(after, _CODE))
    versions = [one.get("installed") or one.get("packages") or {} for one in (before, after)]
    yield from _places({"package": versions[0]}, {"package": versions[1]})
    locks = [
        {item["name"]: item["sha256"][:12] for item in one.get("lock_files", ())} for one in (before, after)
    ]
    yield from _places({"lock file": locks[0]}, {"lock file": locks[1]})


def _terms(run: LoadedRun) -> dict[str, Any]:
    return {**_some(run.record.environment, _TERMS), "tags": _listed(run.record.tags)}


def _records(one: LoadedRun, other: LoadedRun) -> Iterator[str]:
    """How it ended, and how late; and what people said of it afterwards."""
    yield from _places(_record(one), _record(other))


def _record(run: LoadedRun) -> dict[str, Any]:
    record, summary = run.record, run.record.summary
    late = max((each["p99_ns"] for each in record.figures.get("lateness", {}).values()), default=None)
    took = None if summary.ended_utc_ns is None else (summary.ended_utc_ns - summary.started_utc_ns) / 1e9
    began, now = set(record.tags), set(summary.tags)
    return {
        "outcome": summary.state,
        "reason": record.reason,
        "stamps": ", ".join(summary.stamps),
        "shots": f"{summary.shots_committed} of {summary.shots_planned}",
        "faults": len(record.faults),
        "took_s": None if took is None else round(took, 1),
        "lateness p99 of the latest channel, ms": None if late is None else round(late / 1e6, 3),
        "tags given since": _listed(now - began),
        "tags taken away since": _listed(began - now),
        "notes": sum(note.kind == "note" for note in record.notes),
    }


def _listed(words: Iterable[str]) -> str | None:
    return ", ".join(sorted(words)) or None


def _some(mapping: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: mapping[name] for name in names if name in mapping}


def _places(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Places at which two values of JSON differ, as `path: one -> other`."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in [*one, *(key for key in other if key not in one)]:
            yield from _places(one.get(key), other.get(key), f"{path}.{key}" if path else str(key))
    elif one != other:
        yield f"{path}: {_brief(one)} -> {_brief(other)}"


def _brief(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else text[:77] + "..."
