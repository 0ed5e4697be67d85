"""`shotlane diff` of runs, in a store or in archives: what changed, and what it did."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from shotlane.cli._archives import archive_complaints
from shotlane.cli._diff_lines import comparison_lines, ranges
from shotlane.cli._output import print_json, say, store_complaints
from shotlane.cli._text import count, hanging, value

if TYPE_CHECKING:
    from shotlane.analysis import Figure, Outcomes
    from shotlane.api import RunDifference

_SHOWN = 40
_LINES = 60


def diff(one: str, other: str, store: str | None, *, json: bool) -> int:
    """Compare them; exit status 0 when they are the same but for what was measured."""
    from shotlane.api import diff_runs, run_named  # late: polars

    with store_complaints(), archive_complaints():
        found = diff_runs(run_named(one, store), run_named(other, store))
    if json:
        print_json({**asdict(found), "same": found.same})
    else:
        say("\n".join(_lines(found, one, other)))
    return 0 if found.same else 1


def _lines(found: "RunDifference", one: str, other: str) -> Iterator[str]:
    yield f"{one} -> {other}"
    yield "\nwhat changed"
    asked = [
        *_documents(found),
        *_plan(found),
        *_section("station", found.station),
        *_section("code", found.code),
        *_section("terms", found.terms),
    ]
    yield from asked or ["  nothing: the same documents, plan, station, programs and terms"]
    yield "\nwhat it did"
    yield from _section("run", found.records)
    yield from _outcomes(found.outcomes)


def _section(head: str, places: Sequence[str]) -> Iterator[str]:
    for number, place in enumerate(places[:_SHOWN]):
        yield from hanging(f"  {head if not number else '':<10} ", place)
    if len(places) > _SHOWN:
        yield f"{'':<13}... and {len(places) - _SHOWN:,} more"


def _documents(found: "RunDifference") -> Iterator[str]:
    for document in found.documents:
        yield f"  document   {document.name}: {document.how}"
        yield from (f"    {line}" for line in document.lines[:_LINES])
        if len(document.lines) > _LINES:
            yield f"    ... and {count(len(document.lines) - _LINES, 'more line')}"


def _plan(found: "RunDifference") -> Iterator[str]:
    if found.no_plan is not None:
        yield from hanging("  plan       ", found.no_plan)
    elif found.plan is not None:
        first, *rest = comparison_lines(found.plan)
        yield f"  plan       {first}"
        yield from (f"    {line}" for line in rest if line)


def _outcomes(found: "Outcomes") -> Iterator[str]:
    yield f"  shots      {count(found.shots, 'shot')} of both are compared, by number"
    for which, number in zip(("first", "second"), found.only, strict=True):
        if number:
            yield f"             {count(number, 'shot')} only in the {which}"
    for name, changes in (("outcome", found.outcomes), ("verdict", found.verdicts)):
        kinds: dict[str, list[int]] = {}
        for one in changes:
            kinds.setdefault(f"{one.one or 'none'} -> {one.other or 'none'}", []).append(one.shot)
        for told, shots in kinds.items():
            yield f"  {name:<10} {told} in shot{'s' if len(shots) > 1 else ''} {ranges(shots)}"
    for head, figures in (("parameter", found.parameters), ("result", found.results)):
        for figure in figures:
            if figure.changed:
                yield from hanging(f"  {head:<10} ", _figure(figure))
    same = [figure.name for figure in found.results if not figure.changed]
    if same:
        yield from hanging("  the same   ", ", ".join(same))


def _figure(figure: "Figure") -> str:
    told = f"{figure.name} differs in {len(figure.changed)} of {count(figure.shots, 'shot')}"
    most = figure.largest or figure.changed[0]
    values = f"{value(most.one, figure.unit)} -> {value(most.other, figure.unit)}"
    if figure.largest is None:
        return f"{told}: {values} in shot {most.shot}"
    return f"{told}, most in shot {most.shot}: {values}; by {value(figure.mean, figure.unit)} in the mean"
