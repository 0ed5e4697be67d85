"""Two plans side by side: identical, equal within one resolution step of every value, or different.

Lanes are matched by name and shots by number. Times count exactly; values that differ by at most a step of
their channel (without a resolution, by the last of 12 digits) are counted and not told one by one.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from shotlane.model import Channel
from shotlane.plan._compiled import CompiledPlan
from shotlane.plan._digest import describe_channels
from shotlane.plan._exact import NS_PER_S
from shotlane.plan._findings import shown
from shotlane.plan._live_shot import LiveShot, told
from shotlane.plan._plan import PlannedCall, ReadingRule, SegmentPlan, ShotPlan, decode
from shotlane.plan._rounding import resolution_of

MOST_TOLD = 1000


class Verdict(StrEnum):
    """How what two plans do compares."""

    IDENTICAL = "identical"
    EQUAL = "equal within one resolution step"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that differs; `shot`, `lane` and `step` are None where it belongs to none."""

    message: str
    shot: int | None = None
    lane: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What comparing came to. `written`: what the authors wrote differently; `planned`: what is then done.

    `within`: values that differ by at most a resolution step. `count`: all differences that were found, of
    which the first are in `planned`.
    """

    verdict: Verdict
    written: tuple[str, ...]
    planned: tuple[Difference, ...]
    within: int
    count: int


def compare_plans(one: CompiledPlan, other: CompiledPlan) -> Comparison:
    """Compare what two plans do, and what was written for it."""
    written = tuple(_written(json.loads(one.content), json.loads(other.content)))
    pass_ = _Comparing(one, other)
    found: list[Difference] = []
    count = 0
    for difference in pass_.differences():
        count += 1
        if len(found) < MOST_TOLD:
            found.append(difference)
    verdict = Verdict.DIFFERENT if count else Verdict.EQUAL if pass_.within else Verdict.IDENTICAL
    return Comparison(verdict, written, tuple(found), pass_.within, count)


def _written(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Places at which two documents differ, as `parameters.T: 60 degC -> 70 degC`."""
    if not path:
        yield from _written(one[0], other[0], "document")
        yield from _written({"lanes": one[1]}, {"lanes": other[1]}, "document")
        yield from _written(_live_sections(one), _live_sections(other), "document")
    elif isinstance(one, Mapping) and isinstance(other, Mapping):
        for key in [*one, *(key for key in other if key not in one)]:
            below = key if path == "document" else f"{path}.{key}"
            yield from _written(one.get(key), other.get(key), below)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, pair in enumerate(zip(one, other, strict=True)):
            yield from _written(*pair, f"{path}[{index}]" if path != "timeline" else path)
    elif one != other:
        yield f"{path}: {_brief(one)} -> {_brief(other)}"


def _live_sections(content: list[Any]) -> Any:
    """Sections of what runs live; plans without any have none."""
    return content[5] if len(content) > 5 else {}


def _brief(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 80 else text[:77] + "..."


@dataclass(slots=True)
class _Comparing:
    one: CompiledPlan
    other: CompiledPlan
    within: int = 0

    def differences(self) -> Iterator[Difference]:
        """Everything that differs, what holds for all shots first."""
        yield from self._frames()
        for mine, theirs in zip(self.one.shots(), self.other.shots(), strict=False):
            if mine.digest != theirs.digest:
                yield from self._shot(mine, theirs)

    def _frames(self) -> Iterator[Difference]:
        one, other = self.one, self.other
        if len(one) != len(other):
            yield Difference(f"{len(one)} shots -> {len(other)} shots")
        for name in ("retry", "cadence_ns", "on_fail", "between"):
            if getattr(one, name) != getattr(other, name):
                yield Difference(f"{name.removesuffix('_ns')} differs")
        mine, theirs = _by_name(one), _by_name(other)
        for lane in [*mine, *(name for name in theirs if name not in mine)]:
            if lane not in theirs or lane not in mine:
                yield Difference("only in the " + ("first" if lane in mine else "second"), lane=lane)
            elif describe_channels([mine[lane]], ()) != describe_channels([theirs[lane]], ()):
                yield Difference("its limits, unit, resolution or safe value differ", lane=lane)

    def _shot(self, mine: ShotPlan, theirs: ShotPlan) -> Iterator[Difference]:
        for name in [*mine.parameters, *(name for name in theirs.parameters if name not in mine.parameters)]:
            values = (mine.parameters.get(name), theirs.parameters.get(name))
            if values[0] != values[1]:
                before, after = ("nothing" if value is None else shown(value) for value in values)
                yield Difference(f"parameter {name}: {before} -> {after}", mine.number)
        yield from self._initial(mine, theirs)
        yield from self._live(mine, theirs)
        for segments in zip(mine.segments, theirs.segments, strict=False):
            if segments[0].digest != segments[1].digest:
                for difference in self._segment(*segments):
                    yield Difference(difference.message, mine.number, difference.lane, difference.step)

    def _initial(self, mine: ShotPlan, theirs: ShotPlan) -> Iterator[Difference]:
        one = {self.one.channels[item.channel].name: item.value for item in mine.initial}
        other = {self.other.channels[item.channel].name: item.value for item in theirs.initial}
        for lane in [*one, *(name for name in other if name not in one)]:
            if one.get(lane) != other.get(lane):
                yield Difference(
                    f"set-up: {_brief(one.get(lane))} -> {_brief(other.get(lane))}", mine.number, lane
                )

    def _live(self, mine: ShotPlan, theirs: ShotPlan) -> Iterator[Difference]:
        """What is judged, guarded and waited for, and how."""
        if len(mine.segments) != len(theirs.segments):
            yield Difference("other steps are open-ended", mine.number)
        one, other = (_told(plan, shot) for plan, shot in ((self.one, mine), (self.other, theirs)))
        for name in [*one, *(name for name in other if name not in one)]:
            if name not in other or name not in one:
                yield Difference(
                    f"{name}: only in the " + ("first" if name in one else "second"), mine.number
                )
            elif one[name] != other[name]:
                yield Difference(f"{name} differs", mine.number)

    def _segment(self, mine: SegmentPlan, theirs: SegmentPlan) -> Iterator[Difference]:
        steps = (
            {step.name: step.end_ns - step.start_ns for step in segment.steps} for segment in (mine, theirs)
        )
        one, other = steps
        for step in [*one, *(name for name in other if name not in one)]:
            if one.get(step) != other.get(step):
                yield Difference(f"lasts {_seconds(one.get(step))} -> {_seconds(other.get(step))}", step=step)
        for lane, channel in _by_name(self.one).items():
            if lane in _by_name(self.other):
                yield from self._lane(lane, channel, mine, theirs)
        yield from _rules(_readings(self.one, mine), _readings(self.other, theirs), mine, "readings")
        yield from _rules(_calls(mine), _calls(theirs), mine, "calls")

    def _lane(
        self, lane: str, channel: Channel, mine: SegmentPlan, theirs: SegmentPlan
    ) -> Iterator[Difference]:
        one, other = _sent(self.one, lane, mine), _sent(self.other, lane, theirs)
        if len(one[0]) != len(other[0]) or (one[0] != other[0]).any():
            at = _first(one[0], other[0])
            counts = (
                "sets at other times"
                if len(one[0]) == len(other[0])
                else (f"{len(one[0])} sets -> {len(other[0])} sets")
            )
            text = f"{counts}, from {_seconds(at)} on"
            yield Difference(text, None, lane, _step_at(mine, at))
            return
        gap = np.abs(one[1] - other[1])
        apart = gap > 0
        if channel.attribute.type in ("float", "int"):
            step = resolution_of(channel.attribute) or 0.0
            apart = gap > np.maximum(1.000001 * step, 1e-11 * np.abs(one[1]))
            self.within += int(np.count_nonzero((gap > 0) & ~apart))
        if apart.any():
            at = int(np.argmax(apart))
            before, after = (
                decode(channel, float(values[1][at]), plan.texts)
                for values, plan in ((one, self.one), (other, self.other))
            )
            more = (
                f", and {int(apart.sum()) - 1} more, by up to {shown(gap.max())}" if apart.sum() > 1 else ""
            )
            text = f"set to {shown(before)} -> {shown(after)} at {one[0][at] / NS_PER_S:.9g} s{more}"
            yield Difference(text, None, lane, _step_at(mine, int(one[0][at])))


def _told(plan: CompiledPlan, shot: ShotPlan) -> dict[str, Any]:
    """Everything live in a shot by what it is called."""
    endings = {
        segment.steps[0].name: segment.ending for segment in shot.segments if segment.ending is not None
    }
    live = LiveShot(endings, shot.results, shot.interlocks)
    kinds = zip(("the end of step", "result", "interlock"), told(live, plan.channels), strict=True)
    return {f"{kind} '{item[0]}'": item[1:] for kind, items in kinds for item in items}


def _by_name(plan: CompiledPlan) -> dict[str, Channel]:
    return {channel.name: channel for channel in plan.channels}


def _seconds(length_ns: int | None) -> str:
    return "nothing" if length_ns is None else f"{length_ns / NS_PER_S:.9g} s"


def _step_at(segment: SegmentPlan, at_ns: int) -> str | None:
    return next((step.name for step in segment.steps if step.start_ns <= at_ns < step.end_ns), None)


def _sent(
    plan: CompiledPlan, lane: str, segment: SegmentPlan
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Targets and values of a channel."""
    index = next(number for number, channel in enumerate(plan.channels) if channel.name == lane)
    for port in segment.ports.values():
        mine = port.actions.channel == index
        if mine.any():
            return port.actions.target_ns[mine], port.actions.value[mine]
    return np.empty(0, np.int64), np.empty(0)


def _first(one: NDArray[np.int64], other: NDArray[np.int64]) -> int:
    """The first instant that only one of the two has."""
    both = min(len(one), len(other))
    differing = np.flatnonzero(one[:both] != other[:both])
    if len(differing):
        return int(min(one[differing[0]], other[differing[0]]))
    return int(one[both] if len(one) > both else other[both])


Rule = tuple[str, int, object]  # lane, start, all that counts


def _readings(plan: CompiledPlan, segment: SegmentPlan) -> list[Rule]:
    rules: list[ReadingRule] = [rule for port in segment.ports.values() for rule in port.readings]
    return [
        (
            plan.channels[rule.channel].name,
            rule.start_ns,
            (rule.start_ns, rule.period_ns, rule.count, rule.rank),
        )
        for rule in rules
    ]


def _calls(segment: SegmentPlan) -> list[Rule]:
    calls: list[PlannedCall] = [call for port in segment.ports.values() for call in port.calls]
    return [
        (call.role, call.target_ns, (call.target_ns, call.command.name, sorted(call.arguments.items())))
        for call in calls
    ]


def _rules(one: list[Rule], other: list[Rule], segment: SegmentPlan, what: str) -> Iterator[Difference]:
    for lane in dict.fromkeys(rule[0] for rule in (*one, *other)):
        mine = [rule for rule in one if rule[0] == lane]
        theirs = [rule for rule in other if rule[0] == lane]
        changed = [rule for rule in (*mine, *theirs) if rule not in mine or rule not in theirs]
        if changed:
            yield Difference(
                f"{what} differ", None, lane, _step_at(segment, min(rule[1] for rule in changed))
            )
