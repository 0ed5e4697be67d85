"""What is said when a run has ended: what happened, how late it was, where the data is, how to load it."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from shotlane.api import Prepared, Run
from shotlane.cli._loud import loud
from shotlane.cli._text import count, lateness, worn
from shotlane.diagnostics import Report
from shotlane.execution import RunResult
from shotlane.project import find_project
from shotlane.records import Outcome, Tally

_STATUSES = ("ok", "late", "failed", "missed", "dropped", "unreached")
_FAULTS_SHOWN = 5
_HIDDEN = "***"  # a password in an address
_TOLD_BESIDE = (
    Outcome.FAILED,
    Outcome.ERRORED,
    Outcome.SKIPPED,
    Outcome.TERMINATED,
    Outcome.ABORTED,
)
_ENDED_EARLY = frozenset({Outcome.ERRORED, Outcome.TERMINATED, Outcome.ABORTED})


def run_summary(run: Run, prepared: Prepared) -> str:
    """The closing lines of a run."""
    result = run.result
    lines = [*_unsafe(result), _headline(result)]
    if result.reason:
        first, *more = result.reason.splitlines()
        lines += [f"  why        {first}", *(f"             {line}" for line in more)]
    lines += _safe(result)
    lines += _faults(result)
    lines += _counts("readings", result)
    lines += _counts("actions", result)
    if not prepared.options.virtual_time:  # where nothing is ever late
        lines += _lateness(result)
    lines += _beside(run, prepared)
    lines += _happenings(result)
    lines += [f"  worn       {channel}: {worn(fields)}" for channel, fields in run.worn.items()]
    lines += _go_on(run)
    lines.append(f"  data       {run.store}")
    lines.append(f"  load       {load_line(run)}")
    if _HIDDEN in run.store and not _is_default(run):
        lines.append(f"             with the password in place of {_HIDDEN}")
    return "\n".join(lines)


def _beside(run: Run, prepared: Prepared) -> list[str]:
    """What ran before and after it, and what did not run."""
    parts = (("before", run.before, prepared.before), ("after", run.after, prepared.after))
    lines = [
        f"  {key:<10} run {other.number} of {what.plan.sequence} {other.outcome}"
        for key, other, what in parts
        if other is not None and what is not None
    ]
    if run.left_out is not None:
        lines.append(f"  left out   {run.left_out}: what runs before it went wrong")
    return lines


def load_line(run: Run) -> str:
    """The one line of Python that loads the run in the folder where it was made."""
    where = "" if _is_default(run) else f', store="{run.store}"'
    # Without it, only whole attempts are given: none, where Ctrl-C came in the first shot.
    which = 'attempts="all"' if run.result.outcome in _ENDED_EARLY else ""
    return f"import shotlane; run = shotlane.load({run.number}{where}); run.samples({which})"


def _is_default(run: Run) -> bool:
    """Whether the store is the one that is found from here, wherever the sequence lies."""
    from shotlane.store import shown_address  # late, as everything of the store

    return run.store == shown_address(find_project(Path.cwd(), Report()).store_url)


def _go_on(run: Run) -> list[str]:
    """How to run what a run that ended early has left."""
    result = run.result
    if result.outcome not in _ENDED_EARLY or result.shots_done + result.shots_failed >= result.shots_planned:
        return []
    where = "" if _is_default(run) else f" --store {run.store}"
    return [f"  go on      shotlane resume {result.run}{where}"]


def _headline(result: RunResult) -> str:
    attempts = f" in {count(result.attempts, 'attempt')}" if result.attempts > result.shots_planned else ""
    return f"\nrun {result.run} {result.outcome}: {_shots(result)}{attempts}"


def _shots(result: RunResult) -> str:
    """Every shot that was to be run is in one of the numbers."""
    planned = count(result.shots_planned, "shot")
    judged = result.shots_passed or result.shots_failed
    first = (
        f"{result.shots_passed} of {planned} passed" if judged else f"{result.shots_done} of {planned} done"
    )
    told = {Outcome.DONE: result.shots_done - result.shots_passed} if judged else {}
    told |= {outcome: result.outcomes.get(outcome, 0) for outcome in _TOLD_BESIDE}
    others = [f"{number} {outcome}" for outcome, number in told.items() if number]
    others += [f"{result.shots_left} not run"] if result.shots_left else []
    return ", ".join([first, *others])


def _safe(result: RunResult) -> list[str]:
    """Told where somebody may doubt it: when the run came to no good end."""
    if result.unsafe or not result.made_safe or result.outcome not in _ENDED_EARLY:
        return []
    # Nothing is known of one that never answered.
    not_opened = any(item.shot is None and "role" in item.fault.context for item in result.faults)
    whose = "the instruments that were opened" if not_opened else "every instrument"
    return [f"  safe       {whose}: {count(result.made_safe, 'safe value')} written"]


def _unsafe(result: RunResult) -> list[str]:
    """The loudest lines: instruments that may not be safe."""
    if not result.unsafe:
        return []
    told = [loud(f"  !!  {item.name}: {item.message}") for item in result.unsafe]
    head = loud("!!! NOT SAFE: these safe values could not be written. Look at the instruments.")
    return ["", head, *told]


def _faults(result: RunResult) -> list[str]:
    lines = [
        f"  fault      shot {item.shot} attempt {item.attempt}: {item.fault.fault}: {item.fault.message}"
        for item in result.faults
        if item.shot is not None
    ]
    more = len(lines) - _FAULTS_SHOWN + result.faults_left_out
    return lines[:_FAULTS_SHOWN] + (
        [f"             and {more} more: shotlane show {result.run}"] if more > 0 else []
    )


def totals(tallies: tuple[Tally, ...], what: str) -> dict[str, int]:
    """Sums of the counts over all channels."""
    chosen = [tally for tally in tallies if tally.what == what]
    return {name: sum(getattr(tally, name) for tally in chosen) for name in ("planned", *_STATUSES)}


def _counts(what: str, result: RunResult) -> list[str]:
    sums = totals(result.tallies, what)
    if not sums["planned"]:
        return []
    parts = ", ".join(f"{sums[name]:,} {name}" for name in _STATUSES if sums[name])
    return [f"  {what:<10} {sums['planned']:,} planned: {parts}"]


def _lateness(result: RunResult) -> list[str]:
    """The latest channel says it for all."""
    if not result.lateness:
        return []
    name, summary = max(result.lateness.items(), key=lambda item: item[1].p99_ns)
    figures = (
        f"p50 {lateness(summary.p50_ns)}, p99 {lateness(summary.p99_ns)}, max {lateness(summary.max_ns)}"
    )
    return [f"  lateness   {figures} ({name}, the latest channel)"]


def _happenings(result: RunResult) -> list[str]:
    """What happened to time itself: whoever trusts the times of this run must know."""
    told = {
        "clock.suspended": "the machine slept for {for_s:.6g} s",
        "clock.stepped": "somebody set the wall clock, by {by_s:+.6g} s",
        "timing.mode": "real-time priority was lost: {reason}",
    }
    return [
        f"  clock      {told[one.type].format(**one.fields)} (seen in shot {one.shot} attempt {one.attempt})"
        for one in result.happenings
    ]


def run_as_json(run: Run, prepared: Prepared) -> dict[str, Any]:
    """The same for programs."""
    result = run.result
    return {
        "run": result.run,
        "outcome": result.outcome.value,
        "worn": {channel: dict(fields) for channel, fields in run.worn.items()},
        "reason": result.reason,
        "sequence": prepared.plan.sequence,
        "station": prepared.plan.station,
        "digest": prepared.plan.digest,
        "shots_planned": result.shots_planned,
        "shots_done": result.shots_done,
        "shots_passed": result.shots_passed,
        "shots_failed": result.shots_failed,
        "shots_errored": result.shots_errored,
        "shots_skipped": result.shots_skipped,
        "attempts": result.attempts,
        "readings": totals(result.tallies, "readings"),
        "actions": totals(result.tallies, "actions"),
        "lateness": {name: asdict(summary) for name, summary in result.lateness.items()},
        "faults": [
            {
                "shot": item.shot,
                "attempt": item.attempt,
                "role": item.fault.context.get("role"),
                "fault": item.fault.fault,
                "message": item.fault.message,
            }
            for item in result.faults
        ],
        "faults_left_out": result.faults_left_out,
        "unsafe": [item._asdict() for item in result.unsafe],
        **{
            key: {"run": other.number, "outcome": other.outcome.value}
            for key, other in (("before", run.before), ("after", run.after))
            if other is not None
        },
        "clock": [item._asdict() for item in result.happenings],
        "store": run.store,
    }
