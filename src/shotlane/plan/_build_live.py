"""Eighth pass: what runs live, after the lanes, because conditions and results look at what lanes read.

Channels that only something live looks at come after those of the lanes, and their roles are opened too.
"""

from shotlane.diagnostics import Report
from shotlane.model import ChannelTable, Sequence
from shotlane.plan._figures import Site
from shotlane.plan._findings import Findings
from shotlane.plan._interlocks import InterlockTerm, StationRules, build_interlocks
from shotlane.plan._lanes import Lanes
from shotlane.plan._live import Live
from shotlane.plan._open_steps import build_openings
from shotlane.plan._plan import InterlockPlan
from shotlane.plan._results import build_results
from shotlane.plan._scope import Scope
from shotlane.plan._term import Compiler
from shotlane.plan._timeline import Timeline


def build_live(
    compiler: Compiler,
    sequence: Sequence,
    table: ChannelTable,
    lanes: Lanes,
    timeline: Timeline,
    rules: StationRules | None,
) -> Live:
    """Open-ended steps, results and interlocks; adds readings and channels to the lanes."""
    site = Site(compiler, table, lanes, timeline)
    openings = build_openings(site)
    results = build_results(Site(compiler, table, lanes, timeline, result=True), sequence.results)
    interlocks = _of_station(rules, table, lanes, compiler.report)
    interlocks += build_interlocks(site, sequence.interlocks, "sequence")
    used = {*lanes.roles, *(channel.role for channel in lanes.channels)}
    lanes.roles = [name for name in table.roles if name in used]
    return Live(tuple(openings), tuple(results), tuple(interlocks), lanes.channels)


def _of_station(
    rules: StationRules | None, table: ChannelTable, lanes: Lanes, report: Report
) -> list[InterlockTerm]:
    """The interlocks of the station, which know no parameters."""
    if rules is None:
        return []
    compiler = Compiler(rules.document, report, Scope())
    site = Site(compiler, table, lanes, Timeline((), rules.document, complete=True))
    return build_interlocks(site, rules.interlocks, "station")


def station_interlocks(rules: StationRules, table: ChannelTable, report: Report) -> tuple[InterlockPlan, ...]:
    """The sound interlocks of a station, whatever runs on it; faults are reported."""
    lanes = Lanes()
    found = _of_station(rules, table, lanes, report)
    findings = Findings(1, lambda _: "")
    rows = Scope().rows(0, 1)
    Live((), (), tuple(found), lanes.channels).check(rows, findings)
    findings.report(report)
    return tuple(interlock.at(rows, 0) for interlock in found)
