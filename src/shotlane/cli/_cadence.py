"""How a run kept its cadence: from the events, one for every start but the first and those after a pause."""

import json
from typing import TYPE_CHECKING, NamedTuple

from shotlane.cli._text import count, duration

if TYPE_CHECKING:
    import polars as pl


class Kept(NamedTuple):
    """Starts that were on time and that were not, how far they were apart, and the latest by how much."""

    kept: int
    missed: int
    interval_p50_ns: int
    interval_max_ns: int
    late_max_ns: int


def cadence(events: "pl.DataFrame") -> Kept | None:
    """What the events of a run say; None without a cadence."""
    starts = events.filter(events["type"].is_in(["cadence.kept", "cadence.missed"]))
    if not starts.height:
        return None
    told = [json.loads(fields) for fields in starts["fields"]]
    intervals = sorted(round(fields["interval_s"] * 1e9) for fields in told)
    late = [round(fields["late_s"] * 1e9) for fields in told if "late_s" in fields]
    median = intervals[(len(intervals) + 1) // 2 - 1]
    return Kept(len(told) - len(late), len(late), median, intervals[-1], max(late, default=0))


def cadence_words(found: Kept) -> str:
    """'7 of 8 starts kept, p50 10 s apart, max 10.4 s; 1 missed, at most 400 ms late'."""
    starts = count(found.kept + found.missed, "start")
    apart = f"p50 {duration(found.interval_p50_ns)} apart, max {duration(found.interval_max_ns)}"
    missed = f"; {found.missed:,} missed, at most {duration(found.late_max_ns)} late" if found.missed else ""
    return f"{found.kept:,} of {starts} kept, {apart}{missed}"
