"""Whether `run.json` says of the run what its tables, its documents and its circumstances come to."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from typing import Any

from shotlane.archives._checked import Findings
from shotlane.archives._names import plain
from shotlane.archives._reader import BagReader
from shotlane.plan import CompiledPlan
from shotlane.records import ChannelRecord, Outcome, worst

# What a run itself may add to the worst of its shots.
_OWN = (Outcome.ERRORED, Outcome.TERMINATED, Outcome.ABORTED)
_COUNTED = ("done", "passed", "failed", "skipped")


def check_run(
    reader: BagReader,
    plan: CompiledPlan | None,
    channels: tuple[ChannelRecord, ...] | None,
    found: Findings,
) -> None:
    """Compare it. `plan` and `channels` of the run as it compiles, where it does."""
    _check_counts(reader, found)
    _check_sessions(reader, found)
    _check_end(reader, found)
    _check_stamps(reader, found)
    _check_attachments(reader, found)
    if plan is not None:
        _check_names(reader, plan, found)
    if channels is not None:
        _check_channels(reader, channels, found)


def _check_counts(reader: BagReader, found: Findings) -> None:
    facts, outcomes = reader.facts, Counter(Outcome(row[1]) for row in reader.shots() if row[1] is not None)
    told, count = facts["shots_committed"], outcomes.total()
    found.same(told, count, f"{told} shots ended by run.json, and {count} by the table of shots")
    found.compared += 1
    outcome = None if facts["outcome"] is None else Outcome(facts["outcome"])
    if outcome is not None and outcome != worst(outcomes) and not _is_own(outcome, worst(outcomes)):
        found.tell(f"the run ended {outcome}, and the worst of its shots {worst(outcomes)}")
    figures = facts["figures"]
    if len(facts["sessions"]) != 1 or "shots_done" not in figures:
        return  # a run that was resumed, or died, tells of its last session only
    outcomes[Outcome.DONE] += outcomes[Outcome.PASSED]
    for name in _COUNTED:
        one, other = figures.get(f"shots_{name}"), outcomes[Outcome(name)]
        found.same(
            one, other, f"{one} shots were {name} by the figures of run.json, and {other} by the table"
        )
    # A shot that could not be recorded to its end counts as one.
    errored, unended = outcomes[Outcome.ERRORED], len(reader.shots()) - count
    one = figures.get("shots_errored")
    if one not in range(errored, errored + unended + 1):
        found.tell(f"{one} shots were errored by the figures of run.json, and {errored} by the table")
    attempts = sum(1 for _, shot, *_ in reader.attempts() if shot)
    one = figures.get("attempts")
    found.same(
        one, attempts, f"there were {one} attempts by the figures of run.json, and {attempts} are recorded"
    )
    one, planned = figures.get("shots_planned"), facts["shots_planned"]
    found.same(one, planned, f"{one} shots were planned by the figures of run.json, and {planned} by itself")


def _is_own(outcome: Outcome, shots: Outcome) -> bool:
    """Whether it is of what befell the run itself."""
    return outcome in _OWN and outcome.severity > shots.severity


def _check_sessions(reader: BagReader, found: Findings) -> None:
    """Who wrote it, and under which number: by these it is known in every store."""
    facts, keys = reader.facts, {key >> 32 for key, *_ in reader.attempts()}
    found.compared += len(keys)
    for run in sorted(keys - {facts["run"]}):
        found.tell(f"attempts are of run {run} by their keys, and of run {facts['run']} by run.json")
    sessions = [row[2] for row in reader.sessions()]
    # A run that was resumed is that of its last session.
    last = sessions[-1] if sessions else None
    found.same(
        facts["session"], last, f"its session is {facts['session']}, and {last} by the sessions of run.json"
    )


def _check_end(reader: BagReader, found: Findings) -> None:
    """When it ended, and whether anybody was left to say so."""
    facts = reader.facts
    ended, outcome = facts["ended_utc_ns"], facts["outcome"]
    found.compared += 1
    if facts["died"] and (outcome != Outcome.TERMINATED or ended is not None):
        found.tell("its process died by run.json, which says all the same how or when the run ended")
    # Where a clock was set, or a second one looked at, the end may come before the beginning.
    timed = len(facts["sessions"]) == 1 and not facts["figures"].get("clock")
    if timed and ended is not None and ended < facts["started_utc_ns"]:
        found.tell("it ended before it began by run.json")


def _check_stamps(reader: BagReader, found: Findings) -> None:
    """What a reader must know at first sight."""
    environment = reader.facts["environment"]
    if "origin" not in environment:
        return
    git = environment.get("git")
    holds = {
        "mocked": bool(environment["origin"].get("mock")),
        "virtual-time": bool(environment["origin"].get("virtual_time")),
        "dirty": git is not None and bool(git.get("dirty")),
    }
    for stamp, held in holds.items():
        given = stamp in reader.facts["stamps"]
        # A session that went on with the run may have added its own.
        if given != held and (held or len(reader.facts["sessions"]) == 1):
            found.tell(f"the stamp '{stamp}' {'should not be there' if given else 'is missing'}")
        found.compared += 1


def _check_attachments(reader: BagReader, found: Findings) -> None:
    """What is in `provenance/`, by the digests that were taken as the run began."""
    digests = {plain(name): digest for name, digest in _attached(reader)}
    texts = reader.attachments()
    for name in sorted(digests.keys() | texts):
        if name not in texts:
            found.tell(f"provenance/{name} is not there")
        elif name not in digests:
            found.tell(f"provenance/{name} is not of the run")
        else:
            digest = hashlib.sha256(texts[name].encode()).hexdigest()
            found.same(digest, digests[name], f"provenance/{name} is not what it was when the run began")


def _attached(reader: BagReader) -> Iterator[tuple[str, Any]]:
    environments = {"": reader.facts["environment"]}
    for one in reader.facts["sessions"]:
        if one["environment"]:
            environments[f" (resumed {one['number']})"] = one["environment"]
    for part, environment in environments.items():
        for name, digest in environment.get("attachments", {}).items():
            yield f"{name}{part}", digest


def _check_names(reader: BagReader, plan: CompiledPlan, found: Findings) -> None:
    facts = reader.facts
    planned = {
        "sequence": plan.sequence,
        "station": plan.station,
        "description": plan.description,
        "tags": list(plan.tags),
        "shots_planned": len(plan),
    }
    for name, value in planned.items():
        found.same(
            facts[name], value, f"its {name} is {facts[name]!r} by run.json, and {value!r} by its documents"
        )


def _check_channels(reader: BagReader, channels: tuple[ChannelRecord, ...], found: Findings) -> None:
    found.compared += len(channels)
    if channels == reader.channels():
        return
    then = {one.name: one for one in reader.channels()}
    names = [one.name for one in channels if then.get(one.name) != one] or ["their number"]
    found.tell(f"the channels of the run are not those of its plan: {', '.join(names)}")
