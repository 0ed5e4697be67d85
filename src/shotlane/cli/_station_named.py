"""The station that a verb names."""

from shotlane.api import find_by_name
from shotlane.cli._output import Complaint, print_report
from shotlane.diagnostics import Report
from shotlane.instruments import ResolvedStation


def station_named(name: str, *, mock: bool) -> ResolvedStation:
    """Find and check it. Raises `Complaint` when it has mistakes, which were printed."""
    report = Report()
    station = find_by_name(name, report, mock=mock)
    print_report(report)
    if station is None:
        raise Complaint("nothing was touched")
    return station
