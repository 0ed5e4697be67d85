"""What runs live in one shot, as plain values and back: for digests and for plan files.

Channels are told by their names, numbers as they are. What was told of a shot makes that shot again, so that
one form serves both.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from shotlane.expression import parse_figures, parse_unit
from shotlane.model import Channel
from shotlane.plan._plan import (
    AskEnding,
    Ending,
    Figure,
    Formula,
    InterlockPlan,
    ResultPlan,
    UntilEnding,
)


@dataclass(frozen=True, slots=True)
class LiveShot:
    """Endings of open-ended steps by their names, results and interlocks."""

    endings: Mapping[str, Ending]
    results: tuple[ResultPlan, ...]
    interlocks: tuple[InterlockPlan, ...]


def told(shot: LiveShot, channels: Sequence[Channel]) -> list[Any]:
    """Plain values; the text of a Python file by its hash."""
    return [
        [[name, _ending(ending, channels)] for name, ending in shot.endings.items()],
        [_result(result, channels) for result in shot.results],
        [_interlock(interlock, channels) for interlock in shot.interlocks],
    ]


def told_formula(formula: Formula, channels: Sequence[Channel]) -> list[Any]:
    """A formula with the values that are bound in it."""
    figures = [
        [
            item.function,
            channels[item.channel].name,
            item.window_ns,
            item.first_step,
            item.last_step,
            item.at_ns,
        ]
        for item in formula.figures
    ]
    return [formula.text, figures, list(formula.names), dict(sorted(formula.bound.items()))]


def _ending(ending: Ending, channels: Sequence[Channel]) -> list[Any]:
    if isinstance(ending, AskEnding):
        return ["ask", ending.text, ending.timeout_ns]
    condition = told_formula(ending.condition, channels)
    return ["until", condition, ending.hold_ns, ending.timeout_ns, ending.on_timeout]


def _result(result: ResultPlan, channels: Sequence[Channel]) -> list[Any]:
    formula = None if result.formula is None else told_formula(result.formula, channels)
    source = None if result.source is None else sha256(result.source.encode()).hexdigest()
    unit = None if result.unit is None else result.unit.text
    limits = [result.low, result.high, result.equals]
    return [result.name, formula, result.python, source, unit, *limits, result.stops]


def _interlock(interlock: InterlockPlan, channels: Sequence[Channel]) -> list[Any]:
    condition = told_formula(interlock.condition, channels)
    polls = [[channels[index].name, period] for index, period in interlock.polls.items()]
    return [interlock.name, condition, interlock.hold_ns, interlock.blind_ns, polls]


class Reader:
    """Makes shots again from what was told of them. `files`: texts of Python files by name."""

    def __init__(self, channels: Sequence[Channel], files: Mapping[str, str]) -> None:
        self._index = {channel.name: index for index, channel in enumerate(channels)}
        self._files = files

    def shot(self, values: list[Any]) -> LiveShot:
        """Raises `ValueError`, `TypeError` or `KeyError` for what no shot was told as."""
        endings, results, interlocks = values
        return LiveShot(
            {name: self._ending(*ending) for name, ending in endings},
            tuple(self._result(*result) for result in results),
            tuple(self._interlock(*interlock) for interlock in interlocks),
        )

    def _ending(self, kind: str, what: Any, *more: Any) -> Ending:
        if kind == "ask":
            return AskEnding(what, *more)
        return UntilEnding(self._formula(what), *more)

    def _result(
        self, name: str, formula: Any, python: str | None, source: Any, unit: Any, *more: Any
    ) -> ResultPlan:
        return ResultPlan(
            name,
            None if formula is None else self._formula(formula),
            python,
            None if python is None else self._files[python.rpartition(":")[0]],
            None if unit is None else parse_unit(unit),
            *more,
        )

    def _interlock(self, name: str, condition: Any, hold_ns: int, blind_ns: int, polls: Any) -> InterlockPlan:
        periods = {self._index[channel]: period for channel, period in polls}
        return InterlockPlan(name, self._formula(condition), hold_ns, blind_ns, periods)

    def _formula(self, values: list[Any]) -> Formula:
        text, listed, names, bound = values
        figures = tuple(Figure(function, self._index[name], *more) for function, name, *more in listed)
        # Units were told from names when it was compiled; what then was read as a figure is one.
        expression, _ = parse_figures(text, decide=lambda call: call.name in names)
        return Formula(text, expression, figures, tuple(names), bound)
