"""Figures: numbers out of the readings of a channel, as conditions and results name them.

In a condition the name of a channel is its newest reading, and a figure looks back over a time. In a result a
figure covers steps of the shot, or all of it. A figure keeps the unit of its channel, but for `std` and
`slope` (differences of points), `integral` and `count`.
"""

from dataclasses import dataclass, replace

from shotlane.diagnostics import Span, did_you_mean
from shotlane.expression import (
    NUMBER,
    TEXT,
    ExpressionError,
    FigureCall,
    Type,
    ValueKind,
    describe,
    parse,
)
from shotlane.model import Channel, ChannelTable, ValueType
from shotlane.plan._constants import TIME
from shotlane.plan._lanes import Lanes
from shotlane.plan._levels import is_choice, type_of
from shotlane.plan._term import Compiler, Term, expect
from shotlane.plan._timeline import Timeline
from shotlane.plan._written import Written

_LOOKING_BACK = ("mean", "min", "max", "std", "first", "last", "count", "slope")
_OF_ANY_KIND = ("value", "first", "last", "count", "at")


@dataclass(frozen=True, slots=True)
class FigureTerm:
    """A figure with what says which readings it is over: steps, a time to look back, or an instant."""

    function: str
    channel: Channel
    index: int
    span: Span
    steps: tuple[str, str] | None = None
    time: Term | None = None


@dataclass(frozen=True, slots=True)
class Site:
    """Where formulas stand. `result`: over the readings of a shot; else a condition."""

    compiler: Compiler
    table: ChannelTable
    lanes: Lanes
    timeline: Timeline
    result: bool = False

    def names_channel(self, name: str) -> bool:
        """Whether a name is that of a channel, or was meant as one."""
        return name in self.table.channels or ("." in name and name not in self.compiler.scope.declared)

    def is_figure(self, call: FigureCall) -> bool:
        """Whether `min` or `max` is that of readings; `max(furnace.temperature, T)` compares two numbers."""
        if not self.names_channel(call.channel) or call.second is None or self.result:
            return self.names_channel(call.channel)
        scope = self.compiler.scope
        try:
            kind = parse(call.second, names=scope.declared).infer(scope.types)
        except ExpressionError:
            return False
        return kind.is_number and kind.dimension == TIME.dimension

    def channel_at(self, name: str, span: Span) -> Channel | None:
        """A channel that has readings; None when it has none, which is reported."""
        channel, report = self.table.channels.get(name), self.compiler.report
        if channel is None:
            if self.table.is_certain(name.partition(".")[0]):
                help = did_you_mean(name, self.table.channels, what=f"channels of '{self.table.station}'")
                report.error("EXP050", f"there is no channel '{name}'", span, help=help)
            return None
        if not channel.attribute.readable:
            help = "name a channel that can be read"
            report.error("EXP050", f"'{name}' can only be set, so it has no readings", span, help=help)
            return None
        if channel.attribute.type is ValueType.ARRAY:
            help = "a result over arrays is a function of Python: `python: FILE:FUNCTION`"
            report.error("EXP050", f"the readings of '{name}' are arrays, no single numbers", span, help=help)
            return None
        return channel

    def newest(self, written: Written, name: str, place: tuple[int, int]) -> FigureTerm | None:
        """The newest reading of a channel, as its bare name says in a condition."""
        span = written.inside(*place)
        channel = self.channel_at(name, span)
        if channel is None:
            return None
        if self.result:
            message = f"'{name}' has many readings in a shot"
            help = f"say which figure of them: mean({name}), last({name}, STEP)"
            self.compiler.report.error("EXP051", message, span, help=help)
            return None
        return FigureTerm("value", channel, self.lanes.number(channel), span)

    def figure(self, written: Written, call: FigureCall) -> FigureTerm | None:
        """A figure that was written; None when it is faulty, which is reported."""
        channel = self.channel_at(call.channel, written.inside(*call.channel_place))
        if channel is None or not self._fits(written, call, channel):
            return None
        found = FigureTerm(call.function, channel, self.lanes.number(channel), written.inside(*call.place))
        if call.function == "at":
            return self._timed(written, call, found, "a time from the start of the shot", "at({}, 1 s)")
        if not self.result:
            return self._timed(
                written, call, found, "a time to look back over", f"{call.function}({{}}, 10 s)"
            )
        if call.second is None:
            return found
        steps = self._steps(written, call)
        return None if steps is None else replace(found, steps=steps)

    def _fits(self, written: Written, call: FigureCall, channel: Channel) -> bool:
        """Whether readings of this kind have such a figure, and this place takes it."""
        report, name = self.compiler.report, call.function
        span = written.inside(*call.place)
        if not self.result and name not in _LOOKING_BACK:
            help = f"a condition looks back with {', '.join(_LOOKING_BACK)}"
            report.error("EXP051", f"{name}() belongs to results, not to conditions", span, help=help)
            return False
        kind = figure_type("value", channel)
        if name not in _OF_ANY_KIND and not kind.is_number:
            help = f"of such readings there are {', '.join(_OF_ANY_KIND[1:])}"
            message = f"{name}() needs numbers, and a reading of '{channel.name}' is {describe(kind)}"
            report.error("EXP052", message, span, help=help)
            return False
        if name == "integral" and kind.point:
            unit = channel.attribute.unit
            shown = unit.text if unit is not None else "degC"
            message = f"'{channel.name}' is a point on a scale ({shown}): its integral hangs on where zero is"
            help = f"subtract a point first: (mean({channel.name}, STEP) - 20 {shown}) * TIME"
            report.error("EXP052", message, span, help=help)
            return False
        return True

    def _timed(
        self, written: Written, call: FigureCall, found: FigureTerm, what: str, example: str
    ) -> FigureTerm | None:
        """The figure with the time that it takes as its second value."""
        if call.second is None:
            message = f"{call.function}() takes {what} as well"
            help = f"write {example.format(call.channel)}"
            self.compiler.report.error("EXP051", message, written.inside(*call.place), help=help)
            return None
        term = self._time(written, call)
        return None if term is None else replace(found, time=term)

    def _time(self, written: Written, call: FigureCall) -> Term | None:
        """The second value as a time. Places count from the start of the whole text."""
        offset, length = call.second_place
        part = replace(written, raw=" " * offset + written.text[offset : offset + length])
        term = self.compiler.term(part)
        if term is None:
            return None
        term = replace(term, place=call.second_place)
        return term if expect(self.compiler, term, TIME) and term.sound else None

    def _steps(self, written: Written, call: FigureCall) -> tuple[str, str] | None:
        """First and last step of the second value."""
        assert call.second is not None
        names = [part.strip() for part in call.second.split("..")]
        report, known = self.compiler.report, self.timeline.index
        span = written.inside(*call.second_place)
        unknown = next((name for name in names if name not in known), None)
        if unknown is not None:
            if not self.timeline.was_dropped(unknown):
                help = did_you_mean(unknown, known, what="a result covers steps, first..last or one of these")
                report.error("EXP051", f"there is no step '{unknown}'", span, help=help)
            return None
        if known[names[-1]] < known[names[0]]:
            message = f"'{names[-1]}' comes before '{names[0]}'"
            report.error("EXP051", message, span, help=f"write {names[-1]}..{names[0]}")
            return None
        return names[0], names[-1]


def figure_type(function: str, channel: Channel) -> Type:
    """Type of a figure over readings of a channel."""
    kind = TEXT if is_choice(channel.attribute) else type_of(channel.attribute)
    if function == "count":
        return NUMBER
    if function == "std":
        return Type(ValueKind.NUMBER, kind.dimension, difference=kind.point)
    if function == "slope":
        return Type(ValueKind.NUMBER, kind.dimension / TIME.dimension)
    if function == "integral":
        return Type(ValueKind.NUMBER, kind.dimension * TIME.dimension)
    return kind
