"""`shotlane verify`: whether an archive holds what it says, and still means what it meant."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from shotlane.cli._archives import archive_complaints
from shotlane.cli._diff_lines import comparison_lines, difference_lines
from shotlane.cli._output import print_json, say
from shotlane.cli._text import count, hanging
from shotlane.plan import Difference

if TYPE_CHECKING:
    from shotlane.api import Recompiled, Records, Replayed, Verification
    from shotlane.archives import Departure, Hashes

_SHOWN = 40
# Of what one comparison of records found.
_FEW = 5
_TIED = "\xa0"
# What was checked holds, and not everything could be.
_NOT_ALL = 3


def main(arguments: argparse.Namespace) -> int:
    """Check it; exit status 0 when all of it holds, 1 when something does not, 3 when not all can be told."""
    from shotlane.api import verify  # late: polars

    with archive_complaints():
        found = verify(
            arguments.archive, level=arguments.level, digest=arguments.digest, trust=arguments.trust
        )
    if arguments.json:
        print_json({**asdict(found), "holds": found.holds, "complete": found.complete})
    else:
        say("\n".join(_lines(found)))
        say(_last(found))
    return 1 if not found.holds else 0 if found.complete else _NOT_ALL


def _lines(found: "Verification") -> Iterator[str]:
    yield from _hashes(found.hashes)
    why = "not asked for" if found.hashes.hold else "not tried: what was altered is not compiled"
    if found.recompiled is None:
        yield f"recompilation  {why}"
    else:
        yield from _recompilation(found.recompiled)
    if found.records is None:
        yield f"records        {why}"
    else:
        yield from _records(found.records)
    if found.replayed is None:
        yield f"replay         {why}"
    else:
        yield from _replay(found.replayed)


def _hashes(hashes: "Hashes") -> Iterator[str]:
    kinds = {"altered": hashes.altered, "missing": hashes.missing, "added": hashes.added}
    if hashes.hold:
        yield f"hashes         hold: {count(hashes.files, 'file')}, {hashes.bytes:,} bytes"
        yield f"               digest of all: {hashes.digest}"
        return
    counts = ", ".join(f"{len(names)} {kind}" for kind, names in kinds.items() if names)
    yield f"hashes         DO NOT HOLD: {counts or count(len(hashes.faults), 'fault')}"
    yield from (f"  {fault}" for fault in hashes.faults[:_SHOWN])
    for kind, names in kinds.items():
        yield from (f"  {kind:<9}{name}" for name in names[:_SHOWN])
        if len(names) > _SHOWN:
            yield f"  ... and {len(names) - _SHOWN:,} more {kind}"


def _recompilation(found: "Recompiled") -> Iterator[str]:
    if found.impossible is not None:
        yield from hanging("recompilation  ", f"not possible: {found.impossible}")
    elif found.comparison is not None and found.holds:
        within = f", {count(found.comparison.within, 'value')} of them" if found.comparison.within else ""
        yield f"recompilation  {found.comparison.verdict}: {count(found.shots, 'shot')}{within}"
    elif found.holds:
        yield f"recompilation  same digest: {count(found.shots, 'shot')}; no plan is archived to compare"
    else:
        yield f"recompilation  {'DIFFERENT' if found.comparison is not None else 'FAILED'}"
    yield from (f"  {fault}" for fault in found.faults)
    if found.comparison is not None and not found.holds:
        yield from (f"  {line}" for line in comparison_lines(found.comparison) if line)
    yield from (f"  version        {version}" for version in found.versions)


def _records(found: "Records") -> Iterator[str]:
    bad = [check for check in found.checks if not check.holds]
    counts = [count(check.compared, check.what) for check in found.checks if check.compared]
    if found.impossible is not None:
        yield from hanging("records        ", f"not possible: {found.impossible}")
    elif bad:
        yield f"records        DISAGREE: {len(bad)} of {count(len(found.checks), 'comparison')}"
    else:
        # A number stays with what it counts.
        agree = hanging("records        ", f"agree: {', '.join(one.replace(' ', _TIED) for one in counts)}")
        yield from (line.replace(_TIED, " ") for line in agree)
    for check in bad:
        shown = check.faults if check.count <= _FEW + 1 else check.faults[:_FEW]
        for number, fault in enumerate(shown):
            yield from hanging(f"  {'' if number else check.name:<13}", fault)
        if check.count > len(shown):
            yield f"  {'':<13}... and {check.count - len(shown):,} more"
    for check in found.checks:
        if check.left_out is not None:
            yield from hanging("               ", f"not compared: {check.left_out}")


def _replay(found: "Replayed") -> Iterator[str]:
    counts = f"{count(found.attempts, 'attempt')}, {count(found.commands, 'command')}, "
    counts += count(found.readings, "reading")
    if found.impossible is not None:
        yield from hanging("replay         ", f"not possible: {found.impossible}")
    elif found.holds:
        yield f"replay         same: {counts}"
        yield f"               digest of what was sent: {found.digest}"
    else:
        yield f"replay         DIFFERENT: {count(found.count, 'difference')} in {counts}"
        told = [Difference(_message(one), one.shot, one.lane, one.step) for one in found.departures]
        yield from difference_lines(told, found.count)


def _message(one: "Departure") -> str:
    return one.message if one.attempt == 1 else f"attempt {one.attempt}, {one.message}"


def _last(found: "Verification") -> str:
    if not found.holds:
        return "the archive does not hold what it should"
    parts = {"recompilation": found.recompiled, "records": found.records, "replay": found.replayed}
    done = [name for name, part in parts.items() if part is not None and part.impossible is None]
    left = [name for name, part in parts.items() if part is not None and part.impossible is not None]
    told = f"verified: {_listed(['hashes', *done])}"
    return f"{told}; not verified: {_listed(left)}" if left else told


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
