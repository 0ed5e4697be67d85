"""Whether readings are taken where a result looks, so that no result is null in every shot."""

from shotlane.plan._figures import FigureTerm, Site
from shotlane.plan._readings import Reading
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
