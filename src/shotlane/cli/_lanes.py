"""The lanes of the first shot over time, drawn with characters: steps above, values and readings below."""

from itertools import pairwise

import numpy as np

from shotlane.cli._drawn import drawn
from shotlane.cli._levels import Levels, levels
from shotlane.model import ValueType
from shotlane.plan import CompiledPlan, SegmentPlan, ShotPlan, decode

_WIDTH = 72
_BLOCKS = "▁▂▃▄▅▆▇█"


def lanes_picture(plan: CompiledPlan) -> str:
    """A row per channel: the height of what is set, dots where it is read."""
    shot = plan.shot(1)
    if shot.duration_ns <= 0:
        return ""
    segment, open_ended = drawn(shot)
    indent = max((len(channel.name) for channel in plan.channels), default=0) + 2
    rows = [" " * indent + _steps_row(segment, open_ended)]
    for index, channel in enumerate(plan.channels):
        for row in _channel_rows(plan, shot, segment, index):
            rows.append(f"{channel.name:<{indent}}{row}")
    marked = " (how long ~ lasts is decided as it runs)" if open_ended else ""
    return "\n".join([f"lanes of shot 1{marked}", *rows])


def _column(at_ns: int, duration_ns: int) -> int:
    return max(0, min(_WIDTH - 1, at_ns * _WIDTH // duration_ns))


def _steps_row(segment: SegmentPlan, open_ended: frozenset[str]) -> str:
    """A bar where each step begins, as much of its name as fits, and waves in an open-ended one."""
    cells = [" "] * (_WIDTH + 1)
    for step in segment.steps:
        first = _column(step.start_ns, segment.duration_ns)
        room = _column(step.end_ns, segment.duration_ns) - first - 1
        cells[first] = "|"
        shown = step.name.ljust(room, "~") if step.name in open_ended else step.name
        for offset, letter in enumerate(shown[: max(0, room)]):
            cells[first + 1 + offset] = letter
    return "".join(cells).rstrip()


def _channel_rows(plan: CompiledPlan, shot: ShotPlan, segment: SegmentPlan, index: int) -> list[str]:
    rows = []
    kind = plan.channels[index].attribute.type
    if kind in (ValueType.OPTION, ValueType.TEXT):
        rows += _names_row(plan, shot, segment, index)
    elif (found := _levels(shot, segment, index)) is not None:
        # What is on all the time must not look like what is off.
        low, high = (0.0, 1.0) if kind is ValueType.BOOL else (found.low, found.high)
        rows.append(_draw(found, low, high))
    readings = _readings_row(segment, index)
    if readings.strip():
        rows.append(readings)
    return rows


def _names_row(plan: CompiledPlan, shot: ShotPlan, segment: SegmentPlan, index: int) -> list[str]:
    """A bar where an option or text is set, and as much of it as fits; no row when nothing is set."""
    initial = next((item.value for item in shot.initial if item.channel == index), None)
    names = {} if initial is None else {0: str(initial)}
    for port in segment.ports.values():
        for row in np.flatnonzero(port.actions.channel == index):
            column = _column(int(port.actions.target_ns[row]), segment.duration_ns)
            names[column] = str(
                decode(plan.channels[index], float(port.actions.value[row]), plan.texts),
            )
    columns = sorted(names)
    pieces = [
        f"|{names[column]}"[: end - column].ljust(end - column, "-")
        for column, end in pairwise([*columns, _WIDTH])
    ]
    return [" " * columns[0] + "".join(pieces)] if columns else []


def _levels(shot: ShotPlan, segment: SegmentPlan, index: int) -> Levels | None:
    """What the channel is set to in each column; None when nothing numeric is set."""
    initial = next((item.value for item in shot.initial if item.channel == index), None)
    targets, values = [np.empty(0, np.int64)], [np.empty(0)]
    for port in segment.ports.values():
        chosen = port.actions.channel == index
        targets.append(port.actions.target_ns[chosen])
        values.append(port.actions.value[chosen])
    start = float(initial) if isinstance(initial, bool | int | float) else float("nan")
    return levels(np.concatenate(targets), np.concatenate(values), start, segment.duration_ns, _WIDTH)


def _draw(found: Levels, low: float, high: float) -> str:
    """Blocks from the lowest to the highest level; what never moves lies at the bottom."""
    span = (high - low) or 1.0
    top = len(_BLOCKS) - 1
    return "".join(
        _BLOCKS[round((level - low) / span * top)] if np.isfinite(level) else " " for level in found.cells
    )


def _readings_row(segment: SegmentPlan, index: int) -> str:
    cells = [" "] * _WIDTH
    for port in segment.ports.values():
        for rule in port.readings:
            if rule.channel != index:
                continue
            # More dots than columns cannot be told apart.
            step = max(1, rule.count // (4 * _WIDTH))
            for n in range(0, rule.count, step):
                cells[_column(rule.start_ns + n * rule.period_ns, segment.duration_ns)] = "·"
    return "".join(cells).rstrip()
