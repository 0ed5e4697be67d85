"""`shotlane instruments describe`: ask the drivers of a station what they declare, and keep it."""

import argparse
from typing import TYPE_CHECKING

from shotlane.api import describe
from shotlane.cli._output import print_report, say, tell
from shotlane.diagnostics import Report

if TYPE_CHECKING:
    from shotlane.instruments import Described


def main(arguments: argparse.Namespace) -> int:
    """Run the verb: 2 for wrong documents, 3 when a driver could not be asked."""
    report = Report()
    described = describe(arguments.station, report)
    if described is None:
        print_report(report)
        return 2
    for role, fault in described.faults.items():
        tell(f"{role}: {fault.message} ({fault.fault})")
    if not described.lock.instruments and not described.faults:
        tell("no instrument of this station has a driver: there is nothing to describe")
        return 0
    if arguments.write:
        _write(described)
    else:
        say(described.text.rstrip("\n"))
    return 3 if described.faults else 0


def _write(described: "Described") -> None:
    changed = not described.is_written
    if changed and described.lock.instruments:
        described.write()
    for role, locked in described.lock.instruments.items():
        if role not in described.faults:
            counts = f"{len(locked.attributes)} attributes, {len(locked.commands)} commands"
            say(f"{role}: {locked.driver}: {counts}")
    word = "written" if changed else "unchanged"
    if described.lock.instruments:
        say(f"{described.path.name}: {word}")
