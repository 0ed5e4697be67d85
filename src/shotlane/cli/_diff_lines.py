"""How plans differ, in lines for people: what differs alike in several shots is told once."""

import re
from collections.abc import Sequence

from shotlane.cli._text import count
from shotlane.plan import Comparison, Difference

_SHOWN = 40
_MOST_RANGES = 8
_NUMBER = re.compile(r"-?\d+(\.\d+)?(e[-+]?\d+)?")


def comparison_lines(comparison: Comparison) -> list[str]:
    """How two plans compare, in lines."""
    lines = [f"the plans are {comparison.verdict}"]
    if comparison.within:
        lines.append(f"{count(comparison.within, 'value')} differ by at most one resolution step")
    if comparison.written:
        lines += ["", "written", *(f"  {item}" for item in comparison.written)]
    if comparison.planned:
        lines += ["", "planned", *difference_lines(comparison.planned, comparison.count)]
    return lines


def difference_lines(differences: Sequence[Difference], total: int) -> list[str]:
    """The first of so many differences, those that are alike together."""
    groups = _grouped(differences)
    left = total - sum(len(group) for group in groups[:_SHOWN])
    more = [f"  ... and {count(left, 'more difference')}"] if left else []
    return [*(f"  {_told(group)}" for group in groups[:_SHOWN]), *more]


def _grouped(differences: Sequence[Difference]) -> list[list[Difference]]:
    """What differs alike in several shots together: the same lane, step and words, whatever the numbers."""
    groups: dict[tuple[str | None, str | None, str], list[Difference]] = {}
    for item in differences:
        groups.setdefault((item.lane, item.step, _NUMBER.sub("#", item.message)), []).append(item)
    return list(groups.values())


def _told(group: Sequence[Difference]) -> str:
    """The first of a group, with the shots that it stands for."""
    first = group[0]
    numbers = [item.shot for item in group if item.shot is not None]
    shots = f"shot{'s' if len(numbers) > 1 else ''} {ranges(numbers)}" if numbers else ""
    place = ", ".join(part for part in (shots, first.lane, first.step and f"step '{first.step}'") if part)
    alike = all(item.message == first.message for item in group)
    message = first.message if alike else f"{first.message} in shot {first.shot}, others alike"
    return f"{place}: {message}" if place else message


def ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as a person writes them: `1..6, 9`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number <= runs[-1][-1] + 1:
            runs[-1][-1] = number
        else:
            runs.append([number, number])
    told = [str(first) if first == last else f"{first}..{last}" for first, last in runs[:_MOST_RANGES]]
    return ", ".join(told) + (", ..." if len(runs) > _MOST_RANGES else "")
