"""Whether steps lay where the plan has them: of shots of fixed times exactly, of others in their order.

How long an open-ended step lasted is told by its event; what follows it keeps its planned length.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from shotlane.archives._checked import Findings, place
from shotlane.archives._reader import BagReader
from shotlane.archives._recorded_shots import RecordedShots
from shotlane.plan import ShotPlan

_Step = tuple[str, int, int]
# Seconds of an event as nanoseconds of a row.
_ROUNDED_NS = 10


def check_steps(reader: BagReader, shots: RecordedShots, found: Findings) -> None:
    """Compare every step of every attempt."""
    steps: defaultdict[int, list[_Step]] = defaultdict(list)
    for key, _, name, start_ns, end_ns in sorted(reader.steps()):
        steps[key].append((name, start_ns, end_ns))
    for key, shot, number, *_ in reader.attempts():
        found.compared += len(steps[key])
        planned = shots.shot(shot) if shot else ""
        if isinstance(planned, str):
            continue
        if planned.open_ended:
            told = _open(planned, steps[key], shots.decisions.ends.get((shot, number), {}))
        else:
            told = _fixed(planned, steps[key])
        for fault in told:
            found.tell(f"{place(shot, number)}, {fault}")


def _fixed(shot: ShotPlan, then: Sequence[_Step]) -> Iterator[str]:
    now = [(step.name, step.start_ns, step.end_ns) for segment in shot.segments for step in segment.steps]
    if [name for name, *_ in then] != [name for name, *_ in now]:
        yield f"its steps are {_named(then)}, and {_named(now)} by the plan"
        return
    for (name, *recorded), (_, *planned) in zip(then, now, strict=True):
        if recorded != planned:
            yield f"step {name}: {_span(recorded)}, and {_span(planned)} by the plan"


def _open(shot: ShotPlan, then: Sequence[_Step], ends: Any) -> Iterator[str]:
    """What is known of an attempt with open-ended steps, as far as it came."""
    now = [(step, segment.ending is not None) for segment in shot.segments for step in segment.steps]
    names = [step.name for step, _ in now]
    if [name for name, *_ in then] != names[: len(then)]:
        yield f"its steps are {_named(then)}, and begin with {', '.join(names[: len(then)])} by the plan"
        return
    at_ns = 0
    for (name, start_ns, end_ns), (step, is_open) in zip(then, now, strict=False):
        if start_ns != at_ns:
            yield f"step {name} begins at {start_ns / 1e9:.9g} s, and should at {at_ns / 1e9:.9g} s"
        if is_open and name in ends and end_ns - start_ns < ends[name][1] - _ROUNDED_NS:
            yield f"step {name} lasts {(end_ns - start_ns) / 1e9:.9g} s, and longer by its event"
        if not is_open and name != then[-1][0] and end_ns - start_ns < step.end_ns - step.start_ns:
            yield f"step {name} is shorter than by the plan"
        at_ns = end_ns


def _named(steps: Sequence[_Step]) -> str:
    return ", ".join(name for name, *_ in steps) or "none"


def _span(times: Sequence[int]) -> str:
    return f"{times[0] / 1e9:.9g} to {times[1] / 1e9:.9g} s"
