"""`shotlane verify`: whether an archive holds what it says, and still means what it meant."""

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from shotlane.cli._archives import archive_complaints
from shotlane.cli._diff import comparison_lines
from shotlane.cli._output import print_json, say
from shotlane.cli._text import count, hanging

if TYPE_CHECKING:
    from shotlane.api import Recompiled, Verification
    from shotlane.archives import Hashes

_SHOWN = 40


def main(arguments: argparse.Namespace) -> int:
    """Check it; exit status 0 when all that was checked holds, 1 when something does not."""
    from shotlane.api import NO_REPLAY, verify  # late: polars

    with archive_complaints():
        found = verify(arguments.archive)
    if arguments.json:
        told = {**asdict(found), "replay": NO_REPLAY, "holds": found.holds}
        print_json(told)
    else:
        say("\n".join(_lines(found)))
        say("\n".join(hanging("replay         ", NO_REPLAY)))
        say(_last(found))
    return 0 if found.holds else 1


def _lines(found: "Verification") -> Iterator[str]:
    yield from _hashes(found.hashes)
    if found.recompiled is None:
        yield "recompilation  not tried: what was altered is not compiled"
    else:
        yield from _recompilation(found.recompiled)


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
        yield "recompilation  DIFFERENT"
    yield from (f"  {fault}" for fault in found.faults)
    if found.comparison is not None and not found.holds:
        yield from (f"  {line}" for line in comparison_lines(found.comparison) if line)
    yield from (f"  version        {version}" for version in found.versions)


def _last(found: "Verification") -> str:
    if not found.holds:
        return "the archive does not hold what it should"
    done = "hashes" if found.recompiled is None or found.recompiled.impossible else "hashes and recompilation"
    return f"verified: {done}"
