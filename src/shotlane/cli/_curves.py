"""What a picture of a shot shows, independent of how it is drawn: one curve per lane, over time."""

import re
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from shotlane.cli._drawn import drawn
from shotlane.model import Channel, ScalarValue
from shotlane.plan import CompiledPlan, ReadingRule, ShotPlan, decode

# More points than this cannot be told apart in a picture; of each bin the first, last and extremes stay.
_MOST_POINTS = 4000
_MOST_TICKS = 2000
_RAISED = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")


@dataclass(frozen=True, slots=True)
class Curve:
    """A lane of a shot. `kind`: number, boolean, choice, or none where nothing is set.

    `times` in s, `values` held from each on; the first is at 0. `readings` and `calls`: times in s.
    """

    name: str
    unit: str
    kind: str
    times: NDArray[np.float64]
    values: tuple[ScalarValue, ...]
    readings: NDArray[np.float64]
    calls: tuple[tuple[float, str], ...] = ()

    @property
    def range(self) -> tuple[float, float]:
        """Lowest and highest number."""
        numbers = [float(value) for value in self.values if not isinstance(value, str)]
        return (min(numbers), max(numbers)) if numbers else (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Picture:
    """A shot: its steps (name, start, end in s) and its lanes, in the order of the sequence.

    `open_ended`: steps whose length is decided as they run.
    """

    title: str
    duration_s: float
    steps: tuple[tuple[str, float, float], ...]
    curves: tuple[Curve, ...]
    open_ended: frozenset[str] = frozenset()

    @property
    def time_label(self) -> str:
        """What the axis of time shows, without its unit."""
        return "time; hatched steps are open-ended" if self.open_ended else "time"


def picture_of(plan: CompiledPlan, shot: ShotPlan) -> Picture:
    """What is drawn of a shot."""
    swept = [name for name in plan.points.swept if name in shot.parameters]
    words = [f"{name} = {_shown(shot.parameters[name], plan.points.units.get(name))}" for name in swept]
    title = ", ".join([f"{plan.sequence}, shot {shot.number} of {len(plan)}", *words])
    segment, open_ended = drawn(shot)
    shot = replace(shot, segments=(segment,))
    steps = tuple((step.name, step.start_ns / 1e9, step.end_ns / 1e9) for step in segment.steps)
    lanes = [_curve(plan, shot, index, channel) for index, channel in enumerate(plan.channels)]
    return Picture(title, segment.duration_ns / 1e9, steps, (*lanes, *_called(shot)), open_ended)


def _shown(value: object, unit: str | None) -> str:
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = ("off", "on")[value] if isinstance(value, bool) else text
    return f"{text} {unit_text(unit)}" if unit else text


def unit_text(unit: str) -> str:
    """A unit as people print it: cm³/min."""
    return re.sub(r"\*\*(-?\d+)", lambda power: power[1].translate(_RAISED), unit).replace("*", "·")


def _curve(plan: CompiledPlan, shot: ShotPlan, index: int, channel: Channel) -> Curve:
    attribute = channel.attribute
    unit = unit_text(attribute.unit.text) if attribute.unit is not None else ""
    targets, numbers, readings = _planned(shot, index)
    start = next((item.value for item in shot.initial if item.channel == index), None)
    values = [decode(channel, number, plan.texts) for number in numbers.tolist()]
    times = targets / 1e9
    if start is not None:
        times, values = np.concatenate([[0.0], times]), [start, *values]
    kind = {"bool": "boolean", "option": "choice", "text": "choice"}.get(str(attribute.type), "number")
    return Curve(channel.name, unit, kind if values else "none", times, tuple(values), readings)


def _planned(
    shot: ShotPlan, index: int
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Targets and values of what is set, and when is read."""
    targets: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    numbers: list[NDArray[np.float64]] = [np.empty(0)]
    ticks: list[NDArray[np.float64]] = [np.empty(0)]
    offset_ns = 0
    for segment in shot.segments:
        for port in segment.ports.values():
            mine = np.flatnonzero(port.actions.channel == index)
            mine = mine[_telling(port.actions.value[mine])]
            targets.append(port.actions.target_ns[mine] + offset_ns)
            numbers.append(port.actions.value[mine])
            ticks += [_ticks(rule, offset_ns) for rule in port.readings if rule.channel == index]
        offset_ns += segment.duration_ns
    return np.concatenate(targets), np.concatenate(numbers), np.sort(np.concatenate(ticks))


def _telling(values: NDArray[np.float64]) -> NDArray[np.intp]:
    """Positions of the values that a picture can show."""
    if len(values) <= _MOST_POINTS:
        return np.arange(len(values))
    bins = np.array_split(np.arange(len(values)), _MOST_POINTS // 4)
    chosen = [
        (part[0], part[int(values[part].argmin())], part[int(values[part].argmax())], part[-1])
        for part in bins
    ]
    return np.unique(np.array(chosen))


def _ticks(rule: ReadingRule, offset_ns: int) -> NDArray[np.float64]:
    every = max(1, rule.count // _MOST_TICKS)
    return (offset_ns + rule.start_ns + np.arange(0, rule.count, every) * rule.period_ns) / 1e9


def _called(shot: ShotPlan) -> list[Curve]:
    """A row for every instrument that is called."""
    found: dict[str, list[tuple[float, str]]] = {}
    offset_ns = 0
    for segment in shot.segments:
        for port in segment.ports.values():
            for call in port.calls:
                text = ", ".join(f"{name}={_shown(value, None)}" for name, value in call.arguments.items())
                at = (offset_ns + call.target_ns) / 1e9
                found.setdefault(call.role, []).append((at, f"{call.command.name}({text})"))
        offset_ns += segment.duration_ns
    nothing = np.empty(0)
    return [Curve(role, "", "none", nothing, (), nothing, tuple(calls)) for role, calls in found.items()]
