"""Whether readings are taken where a result looks, so that no result is null in every shot.

First by the steps that lanes name; then by the instants, once the times of the points are known: the ticks of
a recording may all lie beside a short step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shotlane.diagnostics import Report
from shotlane.plan._exact import Integers
from shotlane.plan._figures import FigureTerm, Site
from shotlane.plan._findings import shown_time
from shotlane.plan._readings import Reading, read_times
from shotlane.plan._scope import Rows
from shotlane.plan._timeline import Timeline


def has_readings(site: Site, figure: FigureTerm) -> bool:
    """Whether something reads the channel where the figure looks; told when nothing does."""
    readings = [reading for reading in site.lanes.readings if reading.index == figure.index]
    timeline, name = site.timeline, figure.channel.name
    steps = figure.steps
    if steps is None:
        if readings or _may_be_read(site, name):
            return True
        message = f"nothing reads '{name}' in this sequence, so this has no value"
        help = f"record it: `{name}: {{record: 1 Hz}}` under `lanes`"
    else:
        first, last = timeline.index[steps[0]], timeline.index[steps[1]]
        if any(_lies_in(reading, first, last) for reading in readings) or _may_be_read(site, name):
            return True
        where = steps[0] if first == last else "..".join(steps)
        message = f"nothing reads '{name}' in {where}, so this has no value"
        help = f"record it there: `record: {{{where}: 1 Hz}}` in its lane" + _late(readings, timeline, last)
    site.compiler.report.error("SEQ231", message, figure.span, help=help)
    return False


def _may_be_read(site: Site, name: str) -> bool:
    """Whether what was found faulty, and told, may be what reads the channel there."""
    document, lanes = site.compiler.document, site.lanes
    dropped = any(path[:1] == ("lanes",) and path[1:2] in ((), (name,)) for path in document.dropped)
    return dropped or lanes.misnamed or name in lanes.faulty or not site.timeline.complete


def _lies_in(reading: Reading, first: int, last: int) -> bool:
    """Whether a reading has targets from the start of a step up to, not including, the end of another."""
    cell = reading.cell
    if reading.place is not None and reading.place.edge == "end":
        return first <= cell.last + 1 <= last
    if reading.place is not None and reading.place.edge == "start":
        return first <= cell.first <= last
    return cell.first <= last and first <= cell.last


def _late(readings: list[Reading], timeline: Timeline, last: int) -> str:
    """A reading at the very end of a step is no longer in it."""
    for reading in readings:
        if reading.place is not None and reading.place.edge == "end" and reading.cell.last == last:
            name = timeline.steps[last].name
            return f"; a reading at the end of '{name}' belongs to what comes next, one at `end - 1 ms` to it"
    return ""


@dataclass(slots=True)
class EmptyFigures:
    """Figures over steps in which no reading was found yet, at any point. `phases_ns`: by channel.

    What the computer adds to the ticks of ports that fire at one instant is not known beforehand.
    """

    readings: Sequence[Reading]
    phases_ns: Sequence[int]
    timeline: Timeline
    left: list[FigureTerm]
    lengths_ns: dict[FigureTerm, int] = field(default_factory=dict)

    def look(self, rows: Rows, bounds: Sequence[Integers]) -> None:
        """Drop the figures that have a reading somewhere in a stretch of points."""
        self.left = [figure for figure in self.left if not self._has_one(figure, rows, bounds)]

    def report(self, report: Report) -> None:
        """Tell those that are left."""
        for figure in self.left:
            assert figure.steps is not None
            first, last = figure.steps
            where = first if first == last else f"{first}..{last}"
            length = shown_time(self.lengths_ns[figure])
            message = (
                f"no reading of '{figure.channel.name}' falls into {where}, which lasts {length},"
                " so this has no value"
            )
            help = f"read it there: `read: [{first}]` in its lane, or record it more often"
            report.error("SEQ231", message, figure.span, help=help)

    def _has_one(self, figure: FigureTerm, rows: Rows, bounds: Sequence[Integers]) -> bool:
        assert figure.steps is not None
        first, last = (self.timeline.index[name] for name in figure.steps)
        if self.timeline.opening_in(first, last) is not None:
            return True  # nobody knows how long it lasts
        begin, end = bounds[first], bounds[last + 1]
        self.lengths_ns.setdefault(figure, int((end - begin)[0, 0]))
        own = (reading for reading in self.readings if reading.index == figure.index)
        return any(self._falls_into(reading, rows, bounds, begin, end) for reading in own)

    def _falls_into(
        self, reading: Reading, rows: Rows, bounds: Sequence[Integers], begin: Integers, end: Integers
    ) -> bool:
        times = read_times(reading, rows, bounds)
        if reading.rate is None:
            return bool(((times.start >= begin) & (times.start < end)).any())
        start = times.start + self.phases_ns[reading.index]
        number = np.maximum(np.ceil((begin - start) / np.maximum(times.period, 1) - 1e-9), 0)
        return bool(((start + number * times.period < end) & (number < times.count)).any())
